"""What every letter carries, whatever its text: who is behind it, why it came, how to stop it; and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import settings as pace
from hypothesis import strategies as st

from petitions.folders import TEMPLATES
from petitions.mail import suppression
from petitions.mail.letters import Letter, compose, message
from petitions.mail.mime import one_line
from petitions.settings import Settings
from petitions.site import Site, make_site
from tests.mail import bodies_letters, desk_letters

TITLE = "Higher wages & <fair> rents"
BASE = "https://petitions.example.org"
SHOWN = [
    SimpleNamespace(name="name", label="Name", value="Zoë Example", public=True, own=False),
    SimpleNamespace(name="town", label="Town", value="VISITOR-TYPED-THIS", public=True, own=False),
    SimpleNamespace(name="shift", label="Your shift", value="VISITOR-TYPED-THIS", public=False, own=True),
]


class Facts(dict[str, Any]):
    """Like a row."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


HOST = Facts(
    id=UUID(int=5),
    slug="fair-rents",
    name="Fair Rents",
    controller="Fair Rents Example e.V.",
    postal_address="1 Example Street\nExampleton EX1 1EX",
    contact_email="contact@example.org",
    on_behalf_of="Example Tenants",
    sender="letters@fair.example.org",
    bulk_sender="",
    accent="#b4232f",
)
STATEMENT = Facts(
    id=UUID(int=6),
    slug="wages",
    title=TITLE,
    campaign_id=HOST.id,
    campaign_slug=HOST.slug,
    campaign_name=HOST.name,
    is_open=True,
    **{name: HOST[name] for name in HOST if name not in ("id", "slug", "name")},
)
ATTEMPT = {
    "statement": STATEMENT,
    "name": "Zoë Example",
    "link": f"{BASE}/confirm/a",
    "not_me": f"{BASE}/confirm/a/not-me",
}
CONFIRM = ATTEMPT | {"code": "123456", "shown": SHOWN, "good_until": datetime(2026, 12, 6, tzinfo=UTC)}
LETTERS: dict[str, dict[str, Any]] = {
    "signatures/confirm": CONFIRM,
    "signatures/reminder": CONFIRM,
    "signatures/already_signed": {"statement": STATEMENT, "my": f"{BASE}/my"},
    "signatures/merged": {"attempts": [ATTEMPT, ATTEMPT], "more": True},
    "signatures/confirmed": {
        "statement": STATEMENT,
        "name": "Zoë Example",
        "number": 1234,
        "my": f"{BASE}/my",
    },
    "signatures/withdrawn": {
        "statement": STATEMENT,
        "my": f"{BASE}/my",
        "undo_until": datetime(2026, 12, 6, tzinfo=UTC),
    },
    "signatures/erased": {"statement": STATEMENT, "my": f"{BASE}/my"},
    "my/link": {"link": f"{BASE}/my/a"},
    **bodies_letters.of(STATEMENT, BASE, motion=TITLE),
    **desk_letters.of(STATEMENT, BASE),
}
OWN = {
    # The site's own, to its operator, an organiser or a campaign itself: no campaign stands behind them.
    "watch/trouble",
    "mail/test",
    "endorsements/waiting",
    "desk/waiting",
    "organisers/log_in",
    "organisers/factor",
}
every_letter = pytest.mark.parametrize("template", LETTERS)


@pytest.fixture(scope="module")
def paper() -> Site:
    """A site that only writes: nothing is asked of its database."""
    settings = Settings(
        database_url="postgresql://nobody@localhost/none",
        secrets=("x" * 32,),
        address_key=b"x" * 32,
        base_url=BASE,
    )
    return make_site(replace(settings, mail_from="petitions@example.org"))


def write(site: Site, template: str, language: str = "en", campaign: Any = HOST, **over: Any) -> Letter:
    facts = {"campaign": campaign, "language": language, "to": "zoe@example.org", "address_key": b"k" * 16}
    return compose(site, template.partition(" ")[0], **{**facts, **LETTERS[template], **over})


def parsed(site: Site, letter: Letter, id: UUID) -> EmailMessage:
    """As a mail program reads it."""
    data = message(site, letter, id)
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    mail = message_from_bytes(data, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_every_letter_of_the_templates_is_known_here() -> None:
    files = {str(file.relative_to(TEMPLATES))[: -len(".mail.txt")] for file in TEMPLATES.rglob("*.mail.txt")}
    twins = {
        str(file.relative_to(TEMPLATES))[: -len(".mail.html")] for file in TEMPLATES.rglob("*.mail.html")
    }
    assert files == twins
    known = {name.partition(" ")[0] for name in LETTERS}
    assert {name for name in files if not name.split("/")[-1].startswith("_")} == {*known, *OWN, "letter"}


@every_letter
def test_every_letter_says_who_is_behind_it_why_it_came_and_how_to_stop(paper: Site, template: str) -> None:
    letter = write(paper, template)
    shown = Shown.of(letter.html)
    stop = next(found for found in shown.links if "/unsubscribe/" in found)
    assert suppression.read_token(paper, stop.rpartition("/")[2]) == (b"k" * 16, HOST.id)
    for said in (letter.text, shown.text):
        flat = " ".join(said.split())
        assert re.search(
            "Promoted by Fair Rents Example e.V., 1 Example Street,? Exampleton EX1 1EX, on behalf of Example Tenants.",
            flat,
        )
        assert "You get this letter because" in flat
        assert "contact@example.org" in flat
    assert stop in letter.text.split()
    assert letter.subject
    assert letter.text.strip()


@every_letter
def test_no_letter_loads_anything_and_all_links_lead_to_us(paper: Site, template: str) -> None:
    letter = write(paper, template)
    shown = Shown.of(letter.html)
    assert not shown.tags & {
        "img",
        "link",
        "script",
        "iframe",
        "object",
        "video",
        "audio",
        "form",
        "svg",
        "base",
    }
    assert not re.search(r"url\(|@import|src=|background=", letter.html)
    links = shown.links | set(re.findall(r"https?://\S+", letter.text))
    assert links
    assert {found for found in links if not found.startswith(f"{BASE}/")} == set()
    assert set(re.findall(r"https?://\S+", letter.text)) == shown.links


@every_letter
def test_letters_carry_nothing_that_a_visitor_typed_but_their_own_name(paper: Site, template: str) -> None:
    letter = write(paper, template)
    assert "VISITOR-TYPED-THIS" not in letter.text + letter.html + letter.subject


@every_letter
def test_every_sentence_of_a_letter_can_be_translated(paper: Site, template: str) -> None:
    letter = write(paper, template, language="en-XA")
    kept = "|".join(
        (
            "Fair Rents Example e.V.",
            "Fair Rents",
            "Example Tenants",
            "Zoë Example",
            "Example Street",
            "Exampleton EX",
            "contact@example.org",
            bodies_letters.BODY,
            re.escape(bodies_letters.ORGANISERS),
        )
    )
    for said in (letter.subject, letter.text, Shown.of(letter.html).text):
        foreign = re.sub(rf"https?://\S+|{re.escape(TITLE)}|{kept}|\band\b", "", said)  # "and": from Babel
        assert re.findall(r"[A-Za-z]{3,}", re.sub(r"⟦.*?⟧", "", foreign, flags=re.S)) == []


@every_letter
def test_the_styles_of_a_letter_stand_in_its_lines(paper: Site, template: str) -> None:
    html = write(paper, template).html
    assert "<style" not in html
    assert 'style="' in html
    assert "#b4232f" in html


@every_letter
def test_lines_of_text_are_short_enough_and_links_are_whole(paper: Site, template: str) -> None:
    for line in write(paper, template).text.splitlines():
        assert len(line) <= 76 or re.fullmatch(r"\s*https?://\S+", line)


def test_the_code_stands_large_in_the_letter_and_its_preview_but_never_in_the_subject(paper: Site) -> None:
    letter = write(paper, "signatures/confirm")
    assert "123456" not in letter.subject
    assert letter.text.startswith("Your code is 123456\n")
    assert re.search(r"<body[^>]*>\s*<div[^>]*display:\s*none[^>]*>Your code is 123456</div>", letter.html)
    assert re.search(r"<p[^>]*font-size:\s*38px[^>]*>123456</p>", letter.html)
    assert "123456" not in (write(paper, "signatures/reminder").text)


def test_without_a_code_the_letter_speaks_of_none(paper: Site) -> None:
    assert "code" not in write(paper, "signatures/confirm", code="").text


def test_names_and_titles_are_text_in_both_forms(paper: Site) -> None:
    letter = write(paper, "signatures/confirm", name="O'Neil <b>")
    assert letter.subject == f"Please confirm your signature: {TITLE}"
    assert "O'Neil <b>" in letter.text
    assert "O'Neil <b>" in Shown.of(letter.html).text
    assert "b" not in Shown.of(letter.html).tags


def test_a_letter_can_be_written_from_the_row_of_a_statement(paper: Site) -> None:
    assert write(paper, "signatures/erased", campaign=STATEMENT) == write(paper, "signatures/erased")


def test_a_letter_comes_from_the_campaign_and_answers_reach_it(paper: Site) -> None:
    mail = parsed(paper, write(paper, "my/link"), UUID(int=1))
    assert mail["From"] == "Fair Rents <letters@fair.example.org>"
    assert mail["Reply-To"] == "contact@example.org"
    assert mail["List-Id"] == "<fair-rents.petitions.example.org>"
    assert mail["Message-ID"] == "<00000000-0000-0000-0000-000000000001@petitions.example.org>"
    assert mail["List-Unsubscribe"] is None


def test_without_a_sender_of_its_own_a_campaign_writes_from_the_sites_address(paper: Site) -> None:
    letter = write(paper, "my/link", campaign=Facts(HOST, sender="", contact_email=""))
    mail = parsed(paper, letter, UUID(int=1))
    assert mail["From"] == "Fair Rents <petitions@example.org>"
    assert mail["Reply-To"] is None


def test_news_can_be_stopped_with_one_click(paper: Site) -> None:
    mail = parsed(paper, write(paper, "my/link", bulk=True), UUID(int=1))
    assert re.fullmatch(rf"<{BASE}/unsubscribe/[\w.-]+>", mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_language_written_from_the_right_says_so(paper: Site) -> None:
    assert 'dir="rtl"' in write(paper, "my/link", language="ar").html
    assert 'dir="ltr"' in write(paper, "my/link", language="de").html


wild = st.text(max_size=300) | st.text(
    alphabet='a\r\n\t\0\x0b\x0c\x1c\x85\u2028\u2029\u202e:<>,;"\\ @ü=?', max_size=120
)


@pace(deadline=None)
@given(subject=wild, name=wild, value=wild)
def test_no_text_can_start_a_header_of_its_own(paper: Site, subject: str, name: str, value: str) -> None:
    letter = Letter(
        to="ada@example.org",
        subject=f"{subject}\r\nBcc: eve@example.org",
        text="An example.\n",
        html="<p>An example.</p>",
        sender="petitions@example.org",
        sender_name=name,
        reply_to="contact@example.org",
        headers={"List-Id": f"<x>{value}"},
    )
    received = parsed(paper, letter, uuid4())
    assert sorted({name.lower() for name in received}) == [
        "auto-submitted", "content-type", "date", "from", "list-id", "message-id", "mime-version", "reply-to",
        "subject", "to",
    ]  # fmt: skip
    assert len(received.keys()) == 10
    assert received["From"].addresses[0].addr_spec == "petitions@example.org"
    assert len(received["From"].addresses) == 1
    assert one_line(str(received["Subject"])).replace(" ", "") == one_line(letter.subject).replace(" ", "")


@pace(deadline=None)
@given(to=wild)
def test_no_text_can_become_a_second_recipient(paper: Site, to: str) -> None:
    letter = Letter(to, "An example", "An example.", "<p>An example.</p>", "petitions@example.org", "")
    try:
        received = parsed(paper, letter, uuid4())
    except ValueError:
        return
    assert len(received["To"].addresses) == 1
    assert received["Bcc"] is None


@pace(deadline=None)
@given(
    text=st.text(
        alphabet=st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n. =-é賃"), max_size=600
    )
)
def test_every_text_arrives_as_it_was_written(paper: Site, text: str) -> None:
    letter = Letter(
        "ada@example.org", "An example", f"{text}\n", f"<p>{text}</p>\n", "petitions@example.org", ""
    )
    received = parsed(paper, letter, uuid4())
    for kind, sent in (("plain", letter.text), ("html", letter.html)):
        part = received.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n").rstrip("\n") == sent.rstrip("\n")


@pytest.mark.parametrize(
    "name",
    [
        "Fair Rents",
        "Rents, Wages & Co. (Example)",
        'The "Fair" \\ One',
        "Faire Löhne, jetzt",
        "賃上げを求める人びと" * 5,
    ],
)
def test_the_name_of_a_campaign_is_shown_as_it_is(paper: Site, name: str) -> None:
    letter = Letter("ada@example.org", "An example", "", "", "petitions@example.org", "", sender_name=name)
    sender = message_from_bytes(message(paper, letter, UUID(int=1)))["From"]
    name_in_header, address = parseaddr(sender)
    assert str(make_header(decode_header(name_in_header))) == name
    assert address == "petitions@example.org"


class Shown(HTMLParser):
    """What a reader sees of a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.links: set[str] = set()

    @classmethod
    def of(cls, html: str) -> Shown:
        shown = cls()
        shown.feed(html)
        return shown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value for name, value in attrs if name == "href" and value}

    def handle_data(self, data: str) -> None:
        self.text += data
