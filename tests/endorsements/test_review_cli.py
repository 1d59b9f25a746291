"""`petitions endorsements …` and `petitions organisations …`: an organiser's whole day, in a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from petitions.cli import main
from petitions.folders import SQL
from petitions.storage.migrate import migrate
from tests import makers
from tests.conftest import fresh_databases
from tests.endorsements import rows
from tests.endorsements.claims import OFFICER, accept, correction, counted, public, waiting

SECRET = "a secret of the review on the command line"
PDF = b"%PDF-1.4\nexample minutes\n%%EOF"


@pytest.fixture
def settings(settings) -> Any:
    """Site and commands read each other's tokens."""
    return replace(settings, secrets=(SECRET,))


@pytest.fixture
def run(settings, monkeypatch) -> Any:
    """`await run("endorsements list")`: the command, as on the machine of the site."""
    for name in list(os.environ):
        if name.startswith(("PETITIONS_", "DATABASE_", "SMTP_", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PETITIONS_SECRETS", SECRET)
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", settings.address_key.decode())

    async def run(line: str | list[str], code: int = 0) -> Result:
        words = line.split() if isinstance(line, str) else line
        result = await asyncio.to_thread(CliRunner().invoke, main, words)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


def sentence(result: Result) -> str:
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


async def test_from_the_visitors_form_to_the_list_by_commands(
    run, site, client, postbox, owner, statement, counting
):
    """Two claims of one body through HTTP; reviewed, asked, declined, renewed, corrected in the terminal."""
    form = {"parent": "Example Union", "region": "North", "note": "We are glad to help."}
    for number, name in enumerate(("Exampleton Branch", "the EXAMPLETON branch")):
        await makers.endorse(client, statement, name=name, officer_email=f"olive{number}@example.org", **form)
        await postbox.settle()
        await client.get(postbox.to(f"olive{number}@example.org")[-1].link("/endorsements/confirm/"))
    queue = json.loads((await run("endorsements list --json")).stdout)
    assert [row["name"] for row in queue] == ["Exampleton Branch", "the EXAMPLETON branch"]
    first, second = (row["id"] for row in queue)
    shown = (await run(f"endorsements show {first[-6:]}")).stdout
    for said in (
        "Olive Example",
        "olive0@example.org",
        "We are glad to help.",
        "confirmed by: link",
        "What to type next",
    ):
        assert said in shown
    assert f"petitions endorsements accept {first[-8:]}" in shown

    await run(["endorsements", "ask", first, "On which day?"])
    assert "questioned" in (await run("endorsements list")).stdout
    told = (await run(f"endorsements accept {first} --minutes-seen")).stdout
    assert told == f"“Exampleton Branch” endorses “{statement.title}”. It is public now.\n"
    assert await counted(site, owner, statement, counting) == 1

    refusal = sentence(await run(f"endorsements accept {second}", 1))
    assert "endorses this statement already" in refusal
    assert "--renew" in refusal
    offered = (await run(f"endorsements show {second}")).stdout
    assert "the same name or code; endorses this statement already" in offered
    assert f"petitions endorsements accept {second[-8:]} --organisation" in offered
    await run(f"endorsements accept {second} --renew")
    assert await counted(site, owner, statement, counting) == 1
    page = await client.get(f"/{statement.slug}/endorsements")
    assert "Exampleton Branch" in page.text
    states = {
        row["id"]: row["state"]
        for row in json.loads((await run("endorsements list --state all --json")).stdout)
    }
    assert states == {first: "replaced", second: "accepted"}

    letters = await postbox.settle()
    assert sorted(letter.to for letter in letters if "public" in letter.subject) == ["olive1@example.org"]

    tree = json.loads((await run(f"organisations list --campaign {statement.campaign_slug} --json")).stdout)
    assert [(row["name"], row["depth"], row["standing"]) for row in tree][-1] == ("Exampleton Branch", 2, 1)
    named = ["organisations", "set", tree[-1]["id"], "--campaign", statement.campaign_slug]
    await run([*named, "--name", "Exampleton Town Branch", "--parent", "none", "--code", "7"])
    assert await public(owner) == ["Exampleton Town Branch"]
    assert "would stand above itself" in sentence(await run([*named, "--parent", tree[-1]["id"]], 1))


async def test_what_is_only_alike_is_listed_and_refused(run, site, owner, statement):
    old = await waiting(site, owner, statement, "Exampleton Transport Branch")
    await run(f"endorsements accept {old.id}")
    row = await waiting(site, owner, statement, "Exampleton Transprot Branch")
    result = await run(f"endorsements accept {row.id}", 1)
    assert "Exampleton Transport Branch" in result.stdout
    assert str(old.id)[-8:] in result.stdout
    assert "--separate if it is another" in sentence(result)
    shown = (await run(f"endorsements show {row.id}")).stdout
    assert "alike; endorses this statement already" in shown
    assert "--separate" in shown
    await run(
        ["endorsements", "accept", str(row.id), "--separate", "--name", "Exampleton Transport, night shift"]
    )
    assert len(await public(owner)) == 2


async def test_levels_wording_and_last_day_are_set_and_taken_back(run, site, owner, statement):
    row = await waiting(site, owner, statement, second_confirmed_at=rows.BEFORE)
    await run(
        ["endorsements", "accept", str(row.id), "--two-officers", "--feature", "--expires", "2099-01-31"]
    )
    await run(
        ["endorsements", "set", str(row.id), "--wording", "Exampleton, unanimously", "--no-two-officers"]
    )
    await run(f"endorsements set {row.id} --minutes-seen --no-feature --expires none")
    found = json.loads((await run(f"endorsements show {row.id} --json")).stdout)
    names = ("two_officers", "minutes_seen", "featured", "wording", "expires_on")
    assert [found[name] for name in names] == [False, True, False, "Exampleton, unanimously", None]
    assert [one["act"] for one in found["events"]] == ["accepted", "changed", "changed"]
    assert "address_key" not in found


async def test_the_minutes_are_got_by_a_link_that_the_audit_knows(run, site, client, owner, statement):
    digest = bytes(32)
    await owner.execute(
        "insert into files (digest, type, size, data) values ($1, 'application/pdf', $2, $3)",
        digest,
        len(PDF),
        PDF,
    )
    row = await waiting(site, owner, statement, minutes=digest)
    found = json.loads((await run(f"endorsements show {row.id} --json")).stdout)
    answer = await client.get(found["minutes_link"])
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    noted = await owner.fetchrow("select actor, details from audit where act = 'endorsement minutes'")
    assert noted["actor"].startswith("cli:")
    assert str(row.id) in noted["details"]
    bare = await waiting(site, owner, statement, "Westfield Council")
    await run(f"endorsements show {bare.id}")
    assert await owner.fetchval("select count(*) from audit where act = 'endorsement minutes'") == 1


async def test_the_list_is_of_what_is_asked_for(run, site, owner, statement):
    other = await makers.statement(site)
    one = await waiting(site, owner, statement, "Here")
    await waiting(site, owner, other, "Elsewhere")
    await rows.confirmed(owner, statement, "Nobody's business", state="pending", confirmed_at=None)
    for line, names in (
        ("endorsements list", ["Here", "Elsewhere"]),
        (f"endorsements list --statement {statement.slug}", ["Here"]),
        (f"endorsements list --campaign {other.campaign_slug}", ["Elsewhere"]),
        ("endorsements list --state accepted", []),
        ("endorsements list --state all", ["Here", "Elsewhere"]),
    ):
        assert [row["name"] for row in json.loads((await run(f"{line} --json")).stdout)] == names
    assert f"…{str(one.id)[-8:]}" in (await run("endorsements list")).stdout
    assert (await run("endorsements list --state expired")).stdout == "None of these.\n"
    assert "There is no statement" in sentence(await run("endorsements list --statement nowhere", 1))


async def test_what_officers_typed_commands_no_terminal(run, site, owner, statement):
    row = await waiting(site, owner, statement, "Exampleton\x1b[31m Branch\u202e", note="two\nlines \x07")
    for line in (f"endorsements show {row.id}", "endorsements list", f"endorsements accept {row.id}"):
        told = (await run(line)).stdout
        assert not {"\x1b", "\x07", "\u202e"} & set(told)


async def test_an_organiser_is_told_what_was_wrong_in_one_sentence(run, site, owner, statement):
    row = await waiting(site, owner, statement)
    id, campaign = str(row.id), statement.campaign_slug
    for words, told in (
        (["endorsements", "show", "nothing"], "There is no endorsement “nothing”"),
        (["endorsements", "accept", id, "--two-officers"], "No second officer"),
        (["endorsements", "accept", id, "--expires", "2020-01-01"], "over already"),
        (["endorsements", "accept", id, "--organisation", str(row.id)], "There is no organisation"),
        (["endorsements", "ask", id, " "], "The question is empty"),
        (["endorsements", "decline", id, "x" * 2001], "too long"),
        (["organisations", "list", "--campaign", "nowhere"], "There is no campaign"),
        (
            ["organisations", "set", "1", "--campaign", campaign, "--name", "X"],
            "There is no organisation “1”",
        ),
    ):
        assert told in sentence(await run(words, 1))
    for words in (
        ["endorsements", "accept", id, "--separate", "--renew"],
        ["endorsements", "accept", id, "--organisation", id, "--name", "X"],
        ["endorsements", "accept", id, "--expires", "soon"],
        ["endorsements", "set", id],
        ["endorsements", "list", "--state", "lost"],
        ["organisations", "set", id, "--campaign", campaign],
    ):
        await run(words, 2)
    assert await owner.fetchval("select state from endorsements") == "confirmed"


def test_every_command_explains_itself_with_an_example():
    commands = [f"endorsements {one}" for one in ("list", "show", "accept", "ask", "decline", "set")]
    for command in (*commands, "organisations list", "organisations set", "organisations remove"):
        result = CliRunner().invoke(main, [*command.split(), "--help"])
        assert result.exit_code == 0
        assert f"petitions {command}" in result.stdout.split("Example:")[1]


async def test_no_id_and_no_text_breaks_a_command(run, site, owner, statement):
    """What somebody may type by mistake: refused in a sentence, or taken as words."""
    row = await waiting(site, owner, statement)
    for text in ("\x00", "%_%'; --", "🙂" * 50, "f" * 400):
        await run(["endorsements", "show", "--", text], 1)
        await run(["endorsements", "accept", str(row.id), "--separate", "--parent", text], 1)
    assert OFFICER not in str(await owner.fetch("select * from audit"))


async def test_an_answer_of_no_and_of_nought_is_shown(run, site, owner, statement):
    row = await waiting(
        site, owner, statement, present=40, votes_for=40, votes_against=0, abstained=0, quorum=False
    )
    shown = (await run(f"endorsements show {row.id}")).stdout
    for line in ("quorum: no", "votes against: 0", "abstained: 0", "version: 1", "minutes seen: no"):
        assert f"  {line}\n" in shown
    await owner.execute("update endorsements set changed_at = now(), told_at = now()")
    shown = (await run(f"endorsements show {row.id}")).stdout
    assert "changed at: 2" in shown
    assert "told at: 2" in shown


async def test_what_was_corrected_is_accepted_with_the_mark_of_what_was_read(run, site, owner, statement):
    row = await waiting(site, owner, statement)
    await owner.execute("update endorsements set name = 'Another Body', changed_at = now()")
    told = sentence(await run(f"endorsements accept {row.id}", 1))
    assert "Its officer has corrected “Another Body”" in told
    found = json.loads((await run(f"endorsements show {row.id} --json")).stdout)
    (command,) = [one["type"] for one in found["next"] if " accept " in one["type"]]
    assert command.endswith(f"--seen {found['mark']}")
    await owner.execute("update endorsements set name = 'A Third Body', changed_at = now()")
    assert "A Third Body" in sentence(await run(command.removeprefix("petitions "), 1))
    assert await public(owner) == []
    found = json.loads((await run(f"endorsements show {row.id} --json")).stdout)
    await run(f"endorsements accept {row.id} --seen {found['mark']}")
    assert await public(owner) == ["A Third Body"]
    fresh = await waiting(site, owner, statement, "Westfield Council")
    assert "there is no mark" in sentence(await run(f"endorsements accept {fresh.id} --seen 123456", 1))


async def test_a_correction_is_shown_by_what_it_changes(run, site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement, area="Exampelton", votes_against=3))
    row = await correction(site, owner, statement, old, area="Exampleton", votes_against=0, note="Sorry.")
    shown = (await run(f"endorsements show {row.id}")).stdout
    changes = shown.split("What is other than before\n")[1].split("What happened")[0]
    for line in ("area: Exampelton → Exampleton", "votes against: 3 → 0", "note: – → Sorry."):
        assert f"  {line}\n" in changes
    assert "kind:" not in changes
    told = (await run(f"endorsements accept {row.id}")).stdout
    assert "It is public now, in the place of what stood before." in told


async def test_the_lines_after_declining_say_what_is_so(run, site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old, area="Exampleton")
    told = (await run(["endorsements", "decline", str(row.id), "No."])).stdout
    assert told == (
        "What the officer of “Exampleton Branch” changed is declined. What stood before stays public.\n"
    )
    gone = await waiting(
        site, owner, statement, "Hull", **dict.fromkeys(("officer_name", "officer_role", "officer_email")),
        address_key=None, erased_at=rows.BEFORE,
    )  # fmt: skip
    assert "officer gone" in (await run("endorsements list")).stdout
    assert " ask " not in (await run(f"endorsements show {gone.id}")).stdout
    assert "We have no address" in sentence(await run(["endorsements", "ask", str(gone.id), "When?"], 1))
    told = (await run(["endorsements", "decline", str(gone.id), "No."])).stdout
    assert told.endswith("is declined. No letter leaves: we have no address of an officer.\n")


async def test_where_it_would_stand_is_shown_with_what_would_be_made(run, site, owner, statement):
    await accept(site, await waiting(site, owner, statement, "Leeds", parent="Example Union"))
    row = await waiting(site, owner, statement, "York", parent="the example union", region="North")
    shown = (await run(f"endorsements show {row.id}")).stdout
    assert "Where it would stand\n  the example union ▸ North (would be made) ▸ York\n" in shown
    await accept(site, row)
    below = await waiting(site, owner, statement, "Durham", kind="party group", parent="North")
    north = await owner.fetchval("select id from organisations where name = 'North'")
    assert f"--parent {north}" in (await run(f"endorsements show {below.id}")).stdout
    await run(f"endorsements accept {below.id} --parent {north}")


async def test_no_word_of_a_visitor_stands_in_a_command_line(run, site, owner, statement):
    name = "Foo; touch here $(id) `id` #"
    await accept(site, await waiting(site, owner, statement, name))
    row = await waiting(site, owner, statement, name)
    found = json.loads((await run(f"endorsements show {row.id} --json")).stdout)
    assert any(name in one["means"] for one in found["next"])
    for one in found["next"]:
        assert re.fullmatch(r"petitions endorsements [a-z]+ [0-9a-f]{8}( [-A-Za-z0-9]+)*", one["type"])
    assert any(one["type"].endswith("--separate --name NAME") for one in found["next"])


async def test_an_organisation_that_nothing_refers_to_is_removed(run, site, owner, statement):
    body = await rows.organisation(owner, statement, "Misspelt Union")
    of = f"--campaign {statement.campaign_slug}"
    assert "“Misspelt Union” is removed" in (await run(f"organisations remove {body['id']} {of}")).stdout
    row = await accept(site, await waiting(site, owner, statement))
    assert "it stays" in sentence(await run(f"organisations remove {row.organisation_id} {of}", 1))


async def test_check_says_where_names_in_other_letters_are_not_found_alike(run, server, monkeypatch):
    """A database that was made without letters (storage/server.py), or somewhere else."""
    blind = "template template0 locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C' lc_ctype 'C'"
    async for name in fresh_databases(server, blind):
        await migrate(server.url("petitions_owner", name), SQL, app_role="petitions_app")
        monkeypatch.setenv("DATABASE_URL", server.url("petitions_app", name))
        found = {one["what"]: one for one in json.loads((await run("check --json")).stdout)}
        assert found["likeness"]["state"] == "weak"
        assert "LC_CTYPE" in found["likeness"]["sentence"]
