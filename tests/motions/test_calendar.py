"""What organisers see of the pipeline: the list and the calendar file."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from datetime import date

import pytest
from click.testing import CliRunner
from icalendar import Calendar

from petitions.cli import main
from tests import makers
from tests.motions import putting

SECRET = "a secret of the command line tests"
ODD = 'Ünïted; Exampleton, "South" \\n & <West> 支部 of the workers who carry very many long names'


@pytest.fixture
def run(settings, monkeypatch):
    """`run("motions pipeline …")`: the command in this process."""
    for name in list(os.environ):
        if name.startswith(("PETITIONS_", "DATABASE_", "SMTP_", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings.database_owner_url)
    monkeypatch.setenv("PETITIONS_SECRETS", SECRET)
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", settings.address_key.decode())

    def run(line: str, code: int = 0):
        result = CliRunner().invoke(main, line.split())
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
async def told(site, client, postbox, owner):
    """(statement, motion) with: two officers of one meeting, one past and passed, one far ahead, one unconfirmed."""
    statement = await makers.statement(site)
    motion = await putting.motion(site, statement, title="An; example, motion")
    over = {"meets_on": putting.day(5), "cut_off_on": putting.day(2)}
    await putting.announced(client, postbox, statement, motion, **over, name=ODD)
    await putting.announced(
        client, postbox, statement, motion, **over, name=ODD.upper(), officer_email="ann@example.org"
    )
    outcome = await putting.announced(
        client,
        postbox,
        statement,
        motion,
        name="Past branch",
        officer_email="past@example.org",
        cut_off_on="",
    )
    await client.post(outcome, data={"outcome": "amended", "amended": "As changed."})
    await owner.execute("update submissions set meets_on = current_date - 3 where name = 'Past branch'")
    await putting.announced(
        client, postbox, statement, motion, name="Far branch", officer_email="far@example.org", cut_off_on=""
    )
    await putting.submit(client, statement, motion, name="Unproven branch", officer_email="un@example.org")
    return statement, motion


def in_thread(call, *words):
    """Commands run an event loop of their own."""
    return asyncio.to_thread(call, *words)


async def test_organisers_see_next_and_past_meetings_and_the_counts(told, run, owner):
    statement, motion = told
    await owner.execute("update submissions set meets_on = current_date - 20 where name = 'Far branch'")
    result = await in_thread(run, f"motions pipeline --statement {statement.slug} --json")
    found = json.loads(result.stdout)
    assert {one["name"] for one in found["next"]} == {ODD, ODD.upper()}
    assert [one["told"] for one in found["next"]] == [2, 2]
    first = next(one for one in found["next"] if one["name"] == ODD)
    assert (first["meets_on"], first["cut_off_on"]) == (putting.day(5), putting.day(2))
    assert (first["officer_name"], first["officer_email"]) == ("Olu Example", "olu@example.org")
    assert (first["wants"], first["parent"], first["motion"]) == (["speaker"], "Example Union", motion.slug)
    assert [(one["name"], one["state"], one["amended"]) for one in found["past"]] == [
        ("Past branch", "amended", "As changed.")
    ]
    counts = {
        "announced": 2,
        "unanswered": 1,
        "passed": 0,
        "amended": 1,
        "fell": 0,
        "not reached": 0,
        "withdrawn": 0,
    }
    assert found["counts"] == counts
    await owner.execute("update submissions set meets_on = current_date + 40 where name = 'Far branch'")
    assert "Unproven" not in result.stdout
    note = await owner.fetchrow("select * from audit where act = 'motions pipeline'")
    assert note["actor"].startswith("cli:")
    assert "example.org" not in note["details"]
    where = f"motions pipeline --campaign {statement.campaign_slug}"
    text = (await in_thread(run, f"{where} --days 60")).output
    for shown in (
        "×2",
        "Far branch",
        "Past branch",
        "olu@example.org",
        "speaker",
        "3 announced, 0 unanswered",
    ):
        assert shown in text
    assert "“--json” has the texts" in text
    text = (await in_thread(run, f"{where} --state amended")).output
    assert "Past branch" in text
    assert "olu@example.org" not in text
    await in_thread(run, "motions pipeline", 2)
    await in_thread(run, f"{where} --statement {statement.slug}", 2)
    await in_thread(run, "motions pipeline --statement nothing", 1)


async def test_the_calendar_holds_a_day_for_each_meeting_and_cut_off(told, run, tmp_path, owner):
    statement, _ = told
    file = tmp_path / "meetings.ics"
    await in_thread(run, f"motions calendar --statement {statement.slug} --out {file}")
    data = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"@example.org" not in data
    assert b"Olu" not in data
    whole = Calendar.from_ical(data)
    assert (whole["version"], bool(whole["prodid"])) == ("2.0", True)
    events = whole.walk("VEVENT")
    assert len(events) == 5
    meeting = next(one for one in events if str(one["summary"]).startswith(ODD))
    assert str(meeting["summary"]) == f"{ODD}: motion “An; example, motion”"
    assert meeting["dtstart"].params["VALUE"] == "DATE"
    assert meeting["dtstart"].dt == date.fromisoformat(putting.day(5))
    assert (meeting["dtend"].dt - meeting["dtstart"].dt).days == 1
    assert meeting["dtstamp"].dt.tzinfo is not None
    uids = [str(one["uid"]) for one in events]
    assert len(set(uids)) == 5
    await in_thread(run, f"motions calendar --statement {statement.slug} --out {file}")
    assert [str(one["uid"]) for one in Calendar.from_ical(file.read_bytes()).walk("VEVENT")] == uids
    assert await owner.fetchval("select count(*) from audit where act = 'motions calendar'") == 2
    nowhere = tmp_path / "nowhere" / "meetings.ics"
    result = await in_thread(run, f"motions calendar --statement {statement.slug} --out {nowhere}", 1)
    assert "There is no folder" in result.output
    result = await in_thread(run, f"motions calendar --statement {statement.slug} --out {tmp_path}", 2)
    assert "is a directory" in result.output
