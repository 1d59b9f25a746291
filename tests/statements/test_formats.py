"""What a statement looks like to programs: its facts as JSON, what a shared link shows, its QR code."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import unicodedata
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pytest
import segno
from PIL import Image

from petitions.errors import Throttled
from petitions.site import make_site
from petitions.statements import actions as statements
from petitions.statements.drawing import Pencil, pencil
from petitions.statements.picture import Face, Words, coverage, draw, rounded, written
from petitions.web.accent import LIGHT_PAPER, contrast, readable
from tests import makers
from tests.conftest import browser, path_of

PUBLIC_BASE = "https://petitions.example.org"


async def counted(owner, statement, people):
    """So many people, as the tally would have written it."""
    await owner.execute(
        "insert into counts (statement_id, what, version, value) values ($1, 'people', 1, $2) "
        "on conflict (statement_id, what, version) do update set value = excluded.value",
        statement.id,
        people,
    )


def meta(html):
    """The `og:` and `twitter:` lines of a page."""
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', html)
    assert len(dict(found)) == len(found)
    return {name: unescape(value) for name, value in found}


def picture_of(html):
    return path_of(meta(html)["og:image"])


# ── facts


async def test_the_public_facts_say_what_the_page_says_and_name_nobody(site, client, postbox):
    host = await makers.campaign(site, on_behalf_of="Example Union")
    row = await makers.statement(site, host, title="Fair pay", addressed_to="Example Council", goal=10)
    await makers.confirmed(client, postbox, row, consent_name="yes")
    await statements.add_note(site, row, "News, *at last*.", actor=makers.ACTOR)
    answer = await client.get(f"/{row.slug}.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"].startswith("public")
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers
    facts = answer.json()
    base = site.settings.base_url
    assert {
        name: facts[name] for name in ("url", "title", "state", "language", "addressed_to", "version")
    } == {
        "url": f"{base}/{row.slug}",
        "title": "Fair pay",
        "state": "open",
        "language": "en",
        "addressed_to": "Example Council",
        "version": 1,
    }
    assert facts["text"]["markdown"] == "We, the undersigned, ask for an *example*."
    assert "<em>example</em>" in facts["text"]["html"]
    assert [note["markdown"] for note in facts["notes"]] == ["News, *at last*."]
    count = (await client.get(f"/{row.slug}/count.json")).json()
    assert facts["count"] == count | {"people_of_earlier_versions": 0, "organisations_by_kind": {}}
    assert (count["people"], count["goal"]) == (1, 10)
    assert facts["campaign"]["controller"] == "Example Campaign e.V."
    assert facts["campaign"]["on_behalf_of"] == "Example Union"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", facts["opened_at"])
    assert not re.search("Ada|@", answer.text)


async def test_the_facts_of_a_closed_statement_and_of_an_old_version(site, client):
    row = await makers.statement(site)
    await makers.new_version(site, row)
    await makers.close(site, row)
    facts = (await client.get(f"/{row.slug}.json")).json()
    assert (facts["state"], facts["closes_at"], facts["closed_at"][:2]) == ("closed", None, "20")
    assert [version["number"] for version in facts["versions"]] == [2, 1]
    for version in facts["versions"]:
        assert (await client.get(path_of(version["url"]))).status_code == 200


async def test_an_old_slug_leads_to_the_facts_the_picture_and_the_code_of_today(site, client):
    row = await makers.statement(site)
    await statements.rename(site, row, f"{row.slug}-today", actor=makers.ACTOR)
    for ending in (".json", "/count.json", "/picture.png", "/qr.svg?from=leaflet", "/qr.png", ""):
        answer = await client.get(f"/{row.slug}{ending}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/{row.slug}-today{ending}")
        assert answer.headers.get("access-control-allow-origin") == ("*" if "json" in ending else None)


async def test_a_draft_has_nothing_for_programs_either(site, client):
    row = await makers.statement(site, open=False)
    for ending in (".json", "/count.json", "/picture.png", "/qr.svg", "/qr.png"):
        answer = await client.get(f"/{row.slug}{ending}")
        assert answer.status_code == 404
        assert answer.headers.get("access-control-allow-origin") == ("*" if "json" in ending else None)


# ── what a shared link shows


async def test_a_statements_page_tells_who_shares_it_everything_that_is_needed(site, client, owner):
    row = await makers.statement(site, title="Fair “pay” & rest")
    await counted(owner, row, 1234)
    html = (await client.get(f"/{row.slug}", headers={"Host": "localhost:8000"})).text
    found = meta(html)
    base = site.settings.base_url
    image = found.pop("og:image")
    assert re.fullmatch(rf"{base}/{row.slug}/picture\.png\?v=[0-9a-f]{{16}}", image)
    assert "1,234 people have signed" in found.pop("og:description")
    assert found == {
        "og:type": "website",
        "og:title": "Fair “pay” & rest",
        "og:url": f"{base}/{row.slug}",
        "og:locale": "en_GB",
        "og:site_name": row.campaign_name,
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Fair “pay” & rest – 1,200+ people have signed",
        "twitter:card": "summary_large_image",
    }


async def test_the_picture_is_a_png_that_may_be_kept_for_ever_under_its_own_address(site, client, owner):
    row = await makers.statement(site)
    address = picture_of((await client.get(f"/{row.slug}")).text)
    answer = await client.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    image = Image.open(io.BytesIO(answer.content))
    assert image.size == (1200, 630)
    assert len(answer.content) < 60_000
    for other in (f"/{row.slug}/picture.png", f"/{row.slug}/picture.png?v=old"):
        late = await client.get(other)
        assert late.content == answer.content
        assert late.headers["cache-control"] == "public, max-age=300"


async def test_the_pictures_address_changes_with_the_bucket_of_the_count_and_with_the_title(
    site, client, owner
):
    row = await makers.statement(site)
    seen = []
    for people in (0, 1, 99, 1234, 1299, 1300):
        await counted(owner, row, people)
        seen.append(picture_of((await client.get(f"/{row.slug}")).text))
    assert seen[3] == seen[4]
    assert len(set(seen)) == 5
    await owner.execute("update campaigns set accent = '#1d5a3c'")
    green = picture_of((await client.get(f"/{row.slug}")).text)
    assert green not in seen
    pixel = Image.open(io.BytesIO((await client.get(green)).content)).convert("RGB").getpixel((5, 625))
    assert pixel == (0x1D, 0x5A, 0x3C)


@pytest.mark.parametrize(
    ("people", "shown"),
    [(0, 0), (7, 7), (99, 99), (100, 100), (129, 120), (1999, 1900), (1_234_567, 1_200_000)],
)
def test_a_count_is_rounded_down_to_two_digits(people, shown):
    assert rounded(people) == shown


async def test_a_title_that_our_letters_can_not_write_has_no_picture(site, client):
    row = await makers.statement(site, title="示例声明")
    assert "og:image" not in meta((await client.get(f"/{row.slug}")).text)
    assert meta((await client.get(f"/{row.slug}")).text)["twitter:card"] == "summary"
    assert (await client.get(f"/{row.slug}/picture.png")).status_code == 404


async def test_the_picture_speaks_the_statements_language(site, client, owner):
    row = await makers.statement(site, language="de", title="Löhne rauf")
    await counted(owner, row, 12_345)
    found = meta((await client.get(f"/{row.slug}")).text)
    assert found["og:locale"] == "de_DE"
    assert "12.000+" in found["og:image:alt"]


async def test_pages_without_a_statement_have_no_picture(site, client):
    await makers.statement(site)
    assert "og:image" not in meta((await client.get("/")).text)


def test_what_can_be_written():
    assert written("Save our library 📚🏳️‍🌈 now ©") == "Save our library now ©"
    assert written("Zoe\u0308’s  Łódź – “Ōsaka”, 100 % für 5 €…") == "Zoë’s Łódź – “Ōsaka”, 100 % für 5 €…"
    assert written("\u202eabc") == "abc"
    assert [written(text) for text in ("示例", "שלום", "Привет", "Ω")] == [None] * 4


def test_our_letters_are_those_that_the_style_sheet_declares():
    from petitions.folders import STATIC

    ranges = re.findall(r"unicode-range: ([^}]+)}", (STATIC / "site.css").read_text())
    declared = set()
    for one in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", " ".join(ranges)):
        declared |= {chr(code) for code in range(int(one[0], 16), int(one[1] or one[0], 16) + 1)}
    have = {unicodedata.normalize("NFC", one) for one in coverage()}
    assert set("AZaz09ÄÖÜäöüßéñçøåłőčşğ€…–“”’+") <= have <= declared | {" "}


LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 4


@pytest.mark.parametrize(
    "title", ["A", "Fair pay for all", "A long title of many words " * 8, LONG, "Ł" * 200]
)
def test_no_text_leaves_its_place(title):
    """Nothing touches the edges of the paper, nor the space above the coloured part."""
    shown = Words(
        "An Example Campaign " * 12, title.strip(), "1,200,000+", "people have signed " * 9, "ffdd00"
    )
    image = Image.open(io.BytesIO(draw(shown))).convert("RGB")
    paper, band = image.getpixel((2, 2)), image.getpixel((2, 625))
    for box, colour in (
        ((0, 0, 66, 420), paper),
        ((1132, 0, 1200, 420), paper),
        ((0, 404, 1200, 419), paper),
    ):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), colour)], box
    for box in ((0, 422, 66, 630), (1132, 422, 1200, 630), (0, 610, 1200, 630)):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), band)], box


@pytest.mark.parametrize("accent", ["ffffff", "ffdd00", "000000", "808080"])
def test_every_accent_can_be_read(accent):
    image = Image.open(io.BytesIO(draw(Words("", "Title", "9", "people", accent)))).convert("RGB")
    band = "".join(f"{part:02x}" for part in image.getpixel((2, 625)))
    assert contrast(band, readable(accent, LIGHT_PAPER).on_accent) >= 4.5
    assert contrast(band, LIGHT_PAPER) >= 4.5


def test_a_line_is_cut_where_it_is_full():
    face = Face(40, 600)
    line = face.cut("An example " * 20, 300)
    assert line.endswith("…")
    assert face.length(line) <= 300
    assert face.cut("short", 300) == "short"
    assert "".join(face.wrap(LONG, 300)) == LONG
    assert all(face.length(one) <= 300 for one in face.wrap(LONG, 300))


async def test_drawings_are_made_one_at_a_time_kept_and_refused_where_too_many_wait():
    pencil, go, drawn = Pencil(most=2, queue=2), threading.Event(), []

    def draw(word):
        assert go.wait(10)
        drawn.append((word, threading.current_thread().name))
        return word.encode()

    asked = [asyncio.create_task(pencil.drawn(draw, word)) for word in ("a", "b", "a", "b")]
    await asyncio.sleep(0)
    with pytest.raises(Throttled):
        await pencil.drawn(draw, "c")
    go.set()
    assert await asyncio.gather(*asked) == [b"a", b"b", b"a", b"b"]
    assert await pencil.drawn(draw, "c") == await pencil.drawn(draw, "c") == b"c"
    assert [word for word, _ in drawn] == ["a", "b", "c"]
    await pencil.drawn(draw, "a")  # which had to make room
    assert {thread for _, thread in drawn} == {"pencil_0"}
    assert len(drawn) == 4


async def test_codes_and_pictures_are_drawn_beside_the_event_loop(site, client):
    row, go = await makers.statement(site), threading.Event()

    def hold():
        return b"held" if go.wait(10) else b""

    holding = asyncio.create_task(pencil.drawn(hold))
    endings = ("picture.png", "qr.svg?from=leaflet", "qr.png?from=leaflet")
    asking = [asyncio.create_task(client.get(f"/{row.slug}/{ending}")) for ending in endings]
    done, _ = await asyncio.wait(asking, timeout=0.5)
    assert done == set()
    assert (await client.get("/healthz")).status_code == 200
    go.set()
    assert await holding == b"held"
    assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}


# ── QR code


def modules(png):
    """The code's dark and light as a matrix, its quiet zone checked and cut off."""
    image = Image.open(io.BytesIO(png)).convert("L")
    size, rest = divmod(image.width, 20)
    assert rest == 0
    rows = [[image.getpixel((20 * x + 10, 20 * y + 10)) < 128 for x in range(size)] for y in range(size)]
    edge = [*range(4), *range(size - 4, size)]
    assert not any(rows[y][x] or rows[x][y] for y in edge for x in range(size))
    return [row[4:-4] for row in rows[4:-4]]


def code_of(address):
    code = segno.make(address, micro=False, error="m")
    return [[bool(module) for module in row] for row in code.matrix]


async def test_the_code_holds_the_public_address_and_never_the_name_it_was_asked_under(settings, owner):
    site = make_site(replace(settings, base_url="http://localhost:8000"))
    await site.store.open()
    try:
        row = await makers.statement(site)
        async with browser(site, base_url="http://127.0.0.1:8000") as client:
            answer = await client.get(f"/{row.slug}/qr.png")
            assert modules(answer.content) == code_of(f"http://localhost:8000/{row.slug}")
            page = (await client.get(f"/{row.slug}")).text
            assert f"http://localhost:8000/{row.slug}" in page
            assert "127.0.0.1" not in page
    finally:
        await site.store.close()


async def test_a_poster_can_have_a_code_of_its_own(site, client):
    row = await makers.statement(site)
    address = f"{site.settings.base_url}/{row.slug}"
    for query, held in {
        "?from=leaflet-2.a_B": f"{address}?from=leaflet-2.a_B",
        "?from=a%26b": address,
        f"?from={'a' * 41}": address,
        "?from=": address,
        "?other=1": address,
    }.items():
        assert modules((await client.get(f"/{row.slug}/qr.png{query}")).content) == code_of(held), query


async def test_the_svg_is_cacheable_says_what_it_is_and_needs_no_style(site, client):
    row = await makers.statement(site)
    answer = await client.get(f"/{row.slug}/qr.svg?from=leaflet")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    root = ElementTree.fromstring(answer.content)
    assert root.find("{*}title").text == f"QR code: {site.settings.base_url}/{row.slug}?from=leaflet"
    assert not re.search("style|script|href|on[a-z]+=", answer.text)
    assert "#fff" in answer.text


async def test_the_page_offers_the_code_and_carries_it_for_the_printer(site, client):
    row = await makers.statement(site)
    html = (await client.get(f"/{row.slug}")).text
    assert f'href="/{row.slug}/qr.svg"' in html
    assert f"Sign at {site.settings.base_url}/{row.slug}" in html
    paper = html[html.index('class="paper"') :]
    drawn = re.search(r'<svg viewBox="0 0 (\d+) \1" class="qr">', paper)
    assert int(drawn[1]) == len(code_of(f"{site.settings.base_url}/{row.slug}")) + 8
