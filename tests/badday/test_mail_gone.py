"""The mail server is gone for a day: people are told, nothing is dropped, and all letters leave once it is back."""

from __future__ import annotations

from tests.badday.place import Place, soon
from tests.badday.visitors import Crowd, Signing, Visitor
from tests.makers import stamp_of, visible
from tests.sink import Sink

A_DAY_LATER = (
    """update outbox set created_at = created_at - interval '1 day', due_since = due_since - interval '1 day',
        not_before = least(not_before, now()) where state = 'waiting'""",
    "update signatures set created_at = created_at - interval '1 day', asked_at = asked_at - interval '1 day'",
)


async def test_after_a_day_without_mail_every_letter_leaves_once_and_can_be_used(
    place: Place, crowd: Crowd, visitor: Visitor
) -> None:
    web, signing = place.webs[0], Signing(crowd, "Waits")
    made = stamp_of((await visitor.get(f"{web}/{signing.slug}")).text)
    host, port = place.sink.url.partition("://")[2].partition("?")[0].split(":")
    assert host == "127.0.0.1"
    place.sink.stop()
    for n in range(5):
        assert (await signing.one(web, made, n)).status == 303
    await soon(30, lambda: "the mail server takes no letters" in place.logs())
    for query in A_DAY_LATER:
        await place.rows(query)
    told = visible((await visitor.get(f"{web}/{signing.slug}/check-your-email")).text)
    assert "Letters are running late: about 1,440 minutes at the moment." in told
    waiting = await place.row(
        "select count(*) as n, max(tries) as tries, max(error) as error from outbox where state = 'waiting'"
    )
    assert waiting["n"] >= 5
    assert (waiting["tries"], waiting["error"]) == (0, None), "the server's fault costs no letter a try"
    place.sink = Sink(int(port))
    place.sink.start()
    addresses = {signing.email(name) for name in signing.told}

    def all_came() -> bool:
        return addresses <= {letter.to for letter in list(place.sink)}

    await soon(90, all_came)

    async def noted() -> bool:
        return not (await place.row("select count(*) as n from outbox where state = 'waiting'"))["n"]

    await soon(30, noted)
    assert sorted(letter.to for letter in place.sink if letter.to in addresses) == sorted(addresses)
    letter = next(letter for letter in place.sink if letter.to in addresses)
    assert (await visitor.post(web + letter.link("/confirm/"))).to == f"/{signing.slug}/thanks"
    told = visible((await visitor.get(f"{web}/{signing.slug}/check-your-email")).text)
    assert "late" not in told
