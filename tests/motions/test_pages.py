"""The pages of model motions: a list, a text for each kind of body, its files."""

from __future__ import annotations

import asyncio
import io
import re
import threading
from dataclasses import replace

import docx
import odfdo
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from petitions.motions import actions, documents
from petitions.site import make_site
from petitions.translations import PSEUDO, catalogue
from tests import makers
from tests.conftest import browser
from tests.motions import putting

BODY = """\
[[Body]] notes that [[union: members | student union: students | other: people]] wait on [[date]].

It [[affiliation: is affiliated to the Example Party / has 100% no affiliation]].

1. [[union: to ask the region]]
2. to endorse
"""
NOTES = "Ask [[union: your branch secretary | other: your chair]] for the *date*."


async def published(site, **over):
    """A statement and its motion."""
    statement = await makers.statement(site, **over)
    return statement, await putting.motion(site, statement, title="Buses & us", body=BODY, notes=NOTES)


def where(statement, motion):
    return f"/{statement.slug}/motions/{motion.slug}"


async def test_the_list_has_what_is_published(site, client):
    statement, motion = await published(site)
    await actions.add(site, statement, putting.Draft("draft", "A draft", "Text", ""), actor=makers.ACTOR)
    page = (await client.get(f"/{statement.slug}/motions")).text
    assert f'href="{where(statement, motion)}"' in page
    assert "Buses &amp; us" in page
    assert "A draft" not in page
    assert (await client.get(f"/{statement.slug}/motions/draft")).status_code == 404


async def test_nothing_is_shown_of_a_draft_statement_or_where_there_is_no_motion(site, client):
    statement, motion = await published(site, open=False)
    for path in (
        f"/{statement.slug}/motions",
        where(statement, motion),
        f"{where(statement, motion)}/text.txt",
    ):
        assert (await client.get(path)).status_code == 404
    other = await makers.statement(site)
    assert "no model motion yet" in (await client.get(f"/{other.slug}/motions")).text
    assert (await client.get(where(other, motion))).status_code == 404


async def test_a_withdrawn_motion_is_gone(site, client):
    statement, motion = await published(site)
    await actions.withdraw(site, statement, motion.slug, actor=makers.ACTOR)
    assert (await client.get(where(statement, motion))).status_code == 404
    assert (await client.get(f"{where(statement, motion)}/text.docx")).status_code == 404
    assert "Buses" not in makers.visible((await client.get(f"/{statement.slug}/motions")).text)


async def test_without_a_query_the_text_is_for_any_body(site, client):
    statement, motion = await published(site)
    page = makers.visible((await client.get(where(statement, motion))).text)
    assert "This body notes that people wait on [date of the meeting]." in page
    assert "It [is affiliated to the Example Party / has 100% no affiliation]." in page
    assert "Ask your chair for the date ." in page
    assert "to ask the region" not in page
    assert "Promoted by Example Campaign e.V., 1 Example Street, Exampleton EX1 1EX." in page


QUERY = {
    "kind": "union branch",
    "name": "Exampleton *No. 2*",
    "meets_on": "15/02/2027",
    "pick-affiliation": "2",
    "else": "x",
}


async def test_the_text_is_filled_in_for_a_kind_of_body(site, client):
    statement, motion = await published(site)
    answer = await client.get(where(statement, motion), params=QUERY)
    page = makers.visible(answer.text)
    assert (
        "Exampleton *No. 2* notes that members wait on 15 February 2027. It has 100% no affiliation." in page
    )
    assert "to ask the region" in page
    assert "Ask your branch secretary" in page
    assert answer.headers["cache-control"] == "no-store"
    for format in ("txt", "docx", "odt"):
        data = (await client.get(f"{where(statement, motion)}/text.{format}", params=QUERY)).content
        assert "Exampleton *No. 2* notes that members wait on 15 February 2027." in words(data, format)


async def test_what_is_done_with_a_motion_are_buttons_of_its_form_and_take_what_was_just_typed(site, client):
    statement, motion = await published(site)
    page = (await client.get(where(statement, motion))).text
    assert re.search(rf'<form id="fill"[^>]* method="get" action="{where(statement, motion)}#motion"', page)
    here = where(statement, motion)
    assert re.findall(r'<button class="[a-z ]+" form="fill" formaction="([^"]*)">', page) == [
        *(f"{here}/text.{format}" for format in ("docx", "odt", "txt")),
        f"{here}/submit",
    ]


async def test_files_have_a_limit_of_their_connection(site, settings):
    statement, motion = await published(site)
    tight = make_site(replace(settings, ip_burst=5, ip_rate=0.001))
    await tight.store.open()
    async with browser(tight) as client:
        found = [(await client.get(f"{where(statement, motion)}/text.txt")).status_code for _ in range(3)]
        assert (await client.get(where(statement, motion))).status_code == 200
    await tight.store.close()
    assert found == [200, 200, 429]


async def test_whom_the_line_is_too_long_for_is_told_so(site, client):
    statement, motion = await published(site)
    go = threading.Event()
    pencil = documents.pencil
    # A drawing each, or else they would be one.
    waiting = [asyncio.create_task(pencil.drawn(lambda: bytes(go.wait(10)))) for _ in range(20)]
    await asyncio.sleep(0)
    answer = await client.get(f"{where(statement, motion)}/text.txt")
    go.set()
    await asyncio.gather(*waiting)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Many people want such a file" in makers.visible(answer.text)
    assert (await client.get(f"{where(statement, motion)}/text.txt")).status_code == 200


def words(data, format):
    if format == "txt":
        return data.decode()
    if format == "docx":
        return "\n".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs)
    return odfdo.Document(io.BytesIO(data)).get_formatted_text()


async def test_the_form_shows_what_was_chosen(site, client):
    statement, motion = await published(site)
    page = (await client.get(where(statement, motion), params=QUERY)).text
    assert re.search(r'<option value="union branch" selected>Union branch</option>', page)
    assert re.search(r'name="name"[^>]*value="Exampleton \*No\. 2\*"', page)
    assert re.search(r'name="pick-affiliation" value="2" checked', page)
    assert "has 100% no affiliation</label>" in page


async def test_a_motion_asks_only_for_what_it_holds(site, client):
    statement = await makers.statement(site)
    motion = await putting.motion(site, statement, body="We are for [[union: unions | other: all]].")
    page = (await client.get(where(statement, motion))).text
    assert re.findall(r'id="field-([\w-]+)"', page) == ["kind"]


TYPES = {
    "txt": "text/plain; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
}


@pytest.mark.parametrize("format", TYPES)
async def test_a_file_is_saved_under_a_plain_name(site, client, format):
    statement, motion = await published(site)
    answer = await client.get(f"{where(statement, motion)}/text.{format}", params={"name": 'Ünion "x"'})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[format]
    name = f"{statement.slug}-{motion.slug}.{format}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    text = words(answer.content, format)
    assert 'Ünion "x" notes' in text
    assert (
        f"A model motion of {statement.campaign_name}: {site.settings.base_url}/{statement.slug}"
        in " ".join(text.split())
    )
    assert (await client.get(f"{where(statement, motion)}/text.pdf")).status_code == 404


async def test_the_plain_text_is_this(site, client):
    statement, motion = await published(site)
    answer = await client.get(f"{where(statement, motion)}/text.txt?kind=student+union&pick-affiliation=1")
    assert answer.text == (
        "Buses & us\n\n"
        "This student union notes that students wait on [date of the meeting].\n\n"
        "It is affiliated to the Example Party.\n\n"
        "1. to endorse\n\n"
        f"A model motion of {statement.campaign_name}: http://localhost:8000/{statement.slug}\n\n"
        "Promoted by Example Campaign e.V., 1 Example Street, Exampleton EX1 1EX.\n"
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "tribe"}, "kind"),
        ({"name": "a\x07b"}, "name"),
        ({"name": "a\ufffeb"}, "name"),
        ({"name": "\u202eb"}, "name"),
        ({"name": "https://example.org"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"meets_on": "2027-02-30"}, "meets_on"),
        ({"pick-affiliation": "3"}, "pick-affiliation"),
    ],
)
async def test_what_wont_do_is_said_beside_its_field(site, client, typed, field):
    statement, motion = await published(site)
    for path in (where(statement, motion), f"{where(statement, motion)}/text.docx"):
        answer = await client.get(path, params=typed)
        assert answer.status_code == 422
        assert f'href="#field-{field}"' in answer.text
        assert f'id="problem-{field}"' in answer.text
        assert "This body notes" in answer.text


@pytest.mark.parametrize("language", ["de", PSEUDO])
async def test_a_statement_in_another_language_speaks_it(site, client, owner, language):
    statement, motion = await published(site)
    await owner.execute("update statements set language = $1 where id = $2", language, statement.id)
    say = catalogue(language).gettext
    this, day = say("this branch"), say("date of the meeting")
    for path in ("", "/text.txt", "/text.docx", "/text.odt"):
        answer = await client.get(f"{where(statement, motion)}{path}?kind=union+branch")
        format = path.rpartition(".")[2]
        said = words(answer.content, format) if path else makers.visible(answer.text)
        assert f"{this[:1].upper()}{this[1:]} notes that members wait on [{day}]." in " ".join(said.split())
    dated = (await client.get(f"{where(statement, motion)}?meets_on=2027-02-15")).text
    assert ("15. Februar 2027" if language == "de" else "15 February 2027") in dated


async def test_a_closed_statement_keeps_its_motions_and_takes_no_plans(site, client):
    statement, motion = await published(site)
    await makers.close(site, statement)
    page = (await client.get(where(statement, motion))).text
    assert "This body notes" in page
    assert "/submit" not in page


async def test_pages_are_the_same_for_everybody(site, client):
    statement, motion = await published(site)
    for path in (f"/{statement.slug}/motions", where(statement, motion)):
        answer = await client.get(path)
        assert answer.headers["cache-control"].startswith("public")
        assert "set-cookie" not in answer.headers


query = st.dictionaries(
    st.sampled_from(["kind", "name", "meets_on", "pick-affiliation"]) | st.text(max_size=5),
    st.sampled_from(["union branch", "other", "1", "2027-02-15"]) | st.text(max_size=20),
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query.map(lambda found: {k: v for k, v in found.items() if is_text(k + v)}), st.sampled_from(["", *TYPES])
)
@example({"name": "a\x00b"}, "docx")
@example({"name": "\ufffe"}, "odt")
@example({"meets_on": "0001-01-01"}, "txt")
async def test_no_query_makes_a_500(site, client, typed, format):
    statement, motion = await once(site)
    path = f"{where(statement, motion)}/text.{format}" if format else where(statement, motion)
    answer = await client.get(path, params=typed)
    assert answer.status_code in (200, 400, 422), answer.text


def is_text(words):
    return not re.search("[\ud800-\udfff]", words)


made = {}


async def once(site):
    """The same motion for all examples of one test."""
    if site not in made:
        made.clear()
        made[site] = await published(site)
    return made[site]
