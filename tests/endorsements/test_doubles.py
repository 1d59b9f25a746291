"""The same body twice is found by its key, one that is alike by its name, and never are there two by accident."""

from __future__ import annotations

import pytest

from petitions.endorsements import review
from petitions.endorsements.doubles import Unsure
from petitions.errors import Refused
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import accept, correction, counted, public, waiting


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def first(site, owner, statement):
    """Exampleton Transport Branch, in North, in Example Union: accepted."""
    row = await waiting(
        site, owner, statement, "Exampleton Transport Branch", parent="Example Union", region="North"
    )
    return await accept(site, row)


SAME = {"parent": "example union", "region": "The North"}


async def again(site, owner, statement, name="exampleton transport", **columns):
    return await waiting(site, owner, statement, name, **{**SAME, **columns})


async def test_the_same_body_is_refused_until_an_organiser_says_how(site, owner, statement, first, counting):
    row = await again(site, owner, statement)
    with pytest.raises(Refused, match=f"endorses this statement already \\({first.id}\\): say whether"):
        await accept(site, row)
    assert await counted(site, owner, statement, counting) == 1
    assert await owner.fetchval("select count(*) from organisations") == 3


async def test_renewed_takes_the_place_and_counts_nothing(site, owner, statement, first, counting):
    row = await accept(site, await again(site, owner, statement), renew=True)
    assert (row.organisation_id, row.replaces_id) == (first.organisation_id, first.id)
    assert await owner.fetchval("select state from endorsements where id = $1", first.id) == "replaced"
    assert await public(owner) == ["Exampleton Transport Branch"]
    assert await counted(site, owner, statement, counting) == 1


async def test_separate_needs_another_name_code_or_parent(site, owner, statement, first, counting):
    row = await again(site, owner, statement)
    with pytest.raises(Unsure, match="another organisation needs another name, code or parent"):
        await accept(site, row, separate=True)
    new = await accept(site, row, separate=True, name="Exampleton Transport Branch 2")
    assert new.organisation == "Exampleton Transport Branch 2"
    assert await counted(site, owner, statement, counting) == 2


@pytest.mark.parametrize("otherwise", [{"code": "NR/2"}, {"parent": "none"}])
async def test_another_code_or_parent_makes_it_separate_too(site, owner, statement, first, otherwise):
    await accept(site, await again(site, owner, statement), separate=True, **otherwise)
    assert len(await public(owner)) == 2


async def test_the_body_of_another_statement_is_the_same_body(site, owner, statement, first, counting):
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    other = await makers.statement(site, campaign)
    row = await accept(site, await again(site, owner, other))
    assert row.organisation_id == first.organisation_id
    assert await counted(site, owner, other, counting) == 1


async def test_another_campaign_knows_nothing_of_it(site, owner, first):
    other = await makers.statement(site)
    row = await again(site, owner, other)
    assert await review.doubles(site, row) == []
    assert (await accept(site, row)).organisation_id != first.organisation_id


async def test_what_has_ended_may_come_again(site, owner, statement, first, counting):
    await rows.withdrawn(
        owner, {"statement_id": first.statement_id, "id": first.id, "version": first.version}
    )
    row = await accept(site, await again(site, owner, statement))
    assert row.organisation_id == first.organisation_id
    assert await counted(site, owner, statement, counting) == 1


async def test_likeness_alone_is_offered_and_never_decided(site, owner, statement, first):
    row = await again(site, owner, statement, "Exampleton Transprot Branch")
    with pytest.raises(Unsure, match="may be in the list already") as refused:
        await accept(site, row)
    (double,) = refused.value.doubles
    assert (double.id, double.sure, double.standing_id) == (first.organisation_id, False, first.id)
    assert 0.45 <= double.likeness < 1
    assert await review.doubles(site, row) == [double]
    assert await public(owner) == ["Exampleton Transport Branch"]


@pytest.mark.parametrize(
    ("said", "listed"),
    [({"renew": True}, 1), ({"separate": True}, 2), ({"organisation_id": ..., "renew": True}, 1)],
)
async def test_each_way_out_of_a_likeness(site, owner, statement, first, counting, said, listed):
    said = {name: first.organisation_id if value is ... else value for name, value in said.items()}
    await accept(site, await again(site, owner, statement, "Exampleton Transprot Branch"), **said)
    assert len(await public(owner)) == listed
    assert await counted(site, owner, statement, counting) == listed


async def test_naming_a_body_that_endorses_already_is_refused_without_renew(site, owner, statement, first):
    row = await waiting(site, owner, statement, "Something Else Entirely")
    with pytest.raises(Refused, match="endorses this statement already"):
        await accept(site, row, organisation_id=first.organisation_id)


async def test_renewing_nothing_is_refused(site, owner, statement):
    body = await rows.organisation(owner, statement, "Exampleton Transport")
    assert body
    row = await waiting(site, owner, statement, "Exampleton Transprot")
    with pytest.raises(Refused, match="Nothing like it endorses this statement now"):
        await accept(site, row, renew=True)


async def test_a_branch_named_like_its_union_is_no_double_of_it(site, owner, statement):
    union = await accept(site, await waiting(site, owner, statement, "Example Union", kind="national union"))
    row = await waiting(site, owner, statement, "Example Union Leeds", parent="Example Union")
    assert await review.doubles(site, row) == []
    branch = await accept(site, row)
    assert (await site.store.organisations.find(id=branch.organisation_id)).parent_id == union.organisation_id


async def test_the_same_name_in_another_union_is_offered(site, owner, statement, first):
    row = await waiting(site, owner, statement, "Exampleton Transport", parent="Sample Workers")
    (double,) = await review.doubles(site, row)
    assert (double.sure, double.likeness) == (False, 1)
    with pytest.raises(Unsure):
        await accept(site, row)
    await accept(site, row, separate=True)
    assert len(await public(owner)) == 2


async def test_the_same_code_under_another_name_is_asked_about(site, owner, statement):
    """A branch's number alone is not proof enough to list it under another's name."""
    await accept(site, await waiting(site, owner, statement, "Exampleton Transport", code="12"))
    row = await waiting(site, owner, statement, "Westfield Teachers", code="12")
    (double,) = await review.doubles(site, row)
    assert double.sure
    with pytest.raises(Unsure, match="may be in the list already"):
        await accept(site, row)
    with pytest.raises(Unsure, match="another organisation needs another"):
        await accept(site, row, separate=True)
    assert (await accept(site, row, separate=True, code="W12")).organisation == "Westfield Teachers"


async def test_the_same_code_and_a_like_name_in_one_union_is_the_same_body(site, owner, statement):
    one = await accept(
        site, await waiting(site, owner, statement, "Exampleton Bus", code="12", parent="Example Union")
    )
    row = await waiting(site, owner, statement, "Exampleton Buses", code="No. 12", parent="Example Union")
    assert [double.sure for double in await review.doubles(site, row)] == [False], "“No. 12” is another code"
    same = await waiting(site, owner, statement, "Exampleton Buses", code="1-2", parent="Example Union")
    with pytest.raises(Refused, match=str(one.id)):
        await accept(site, same)


async def test_a_body_that_names_itself_as_its_parent_stands_at_the_top(site, owner, statement):
    row = await waiting(
        site,
        owner,
        statement,
        "Example Union",
        kind="national union",
        parent="The Example Union",
        region="example union",
    )
    body = await site.store.organisations.find(id=(await accept(site, row)).organisation_id)
    assert body.parent_id is None
    assert await owner.fetchval("select count(*) from organisations") == 1


async def test_a_body_of_another_campaign_can_not_be_named(site, owner, statement, first):
    other = await makers.statement(site)
    row = await waiting(site, owner, other)
    for said in (
        {"organisation_id": first.organisation_id},
        {"separate": True, "parent": str(first.organisation_id)},
    ):
        with pytest.raises(Refused, match="There is no organisation"):
            await accept(site, row, **said)
    with pytest.raises(Refused, match="There is no organisation"):
        await accept(site, row, parent="nonsense")
    assert await public(owner) == ["Exampleton Transport Branch"]


@pytest.mark.parametrize(
    ("listed", "claimed"),
    [
        ("Профсоюз учителей города Примера", "Профсоюз учителей г. Примера"),
        ("Σωματείο Εργαζομένων Παραδείγματος", "Σωματείο Εργαζόμενων Παράδειγμα"),
        ("اتحاد العمال في المثال", "اتحاد عمال المثال"),
    ],
)
async def test_likeness_is_found_in_every_script(site, owner, statement, listed, claimed):
    """By the letters that pg_trgm knows: the database's LC_CTYPE says which."""
    first = await accept(site, await waiting(site, owner, statement, listed))
    row = await waiting(site, owner, statement, claimed)
    assert [double.id for double in await review.doubles(site, row)] == [first.organisation_id]
    with pytest.raises(Unsure, match="may be in the list already"):
        await accept(site, row)


async def test_a_body_that_others_named_takes_its_own_words_from_its_first_endorsement(
    site, owner, statement
):
    """And only from that: later its spelling is an organiser's business."""
    leeds = await waiting(
        site, owner, statement, "Leeds Trades Council", kind="trades council", parent="the example tuc"
    )
    await accept(site, leeds)
    claim = await waiting(site, owner, statement, "Example TUC", kind="national union")
    own = await accept(site, claim)
    body = await site.store.organisations.find(id=own.organisation_id)
    assert (body.name, body.kind) == ("Example TUC", "national union")
    assert await owner.fetchval("select count(*) from organisations") == 2
    await accept(site, await waiting(site, owner, statement, "EXAMPLE TUC", kind="other"), renew=True)
    assert (await site.store.organisations.find(id=own.organisation_id)).name == "Example TUC"


async def test_a_named_body_is_chosen_and_takes_its_own_name_and_code(site, owner, statement):
    leeds = await accept(site, await waiting(site, owner, statement, "Leeds", parent="exampl workers union"))
    leeds = await site.store.organisations.find(id=leeds.organisation_id)
    row = await waiting(site, owner, statement, "Example Workers’ Union", kind="national union", code="EWU")
    with pytest.raises(Unsure, match="may be in the list already"):
        await accept(site, row)
    await accept(site, row, organisation_id=leeds.parent_id)
    union = await site.store.organisations.find(id=leeds.parent_id)
    assert (union.name, union.kind, union.key) == ("Example Workers’ Union", "national union", "#ewu")


async def test_a_parent_that_stands_below_another_is_asked_about(site, owner, statement, first):
    """“North” may be another union's region than the one in the list."""
    north = await owner.fetchval("select id from organisations where name = 'North'")
    row = await waiting(site, owner, statement, "Durham", kind="party group", parent="north")
    with pytest.raises(Unsure, match=f"“North” \\({north}\\) belongs to another organisation itself"):
        await accept(site, row)
    durham = await accept(site, row, parent="none")
    assert (await site.store.organisations.find(id=durham.organisation_id)).parent_id is None
    york = await waiting(site, owner, statement, "York", kind="party group", parent="north")
    york = await accept(site, york, parent=str(north))
    assert (await site.store.organisations.find(id=york.organisation_id)).parent_id == north


async def test_a_correction_of_the_parent_is_asked_about_too(site, owner, statement, first):
    old = await accept(site, await waiting(site, owner, statement, "Durham", kind="party group"))
    row = await correction(site, owner, statement, old, parent="North")
    with pytest.raises(Unsure, match="belongs to another organisation itself"):
        await accept(site, row)
    assert (await accept(site, row, parent="none")).organisation_id == old.organisation_id


async def test_a_name_of_signs_alone_is_no_name(site, owner, statement, first):
    row = await again(site, owner, statement)
    for name in ("…", "?!", "–"):
        with pytest.raises(Refused, match="it has no letter and no digit"):
            await accept(site, row, separate=True, name=name)
    with pytest.raises(Refused, match="it has no letter and no digit"):
        await accept(site, await waiting(site, owner, statement, "…"))
