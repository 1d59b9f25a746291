"""Goal and closing date by command: the same acts as at the desk."""

from __future__ import annotations

import json

from tests.cli.test_cli import campaign, environment, file, run  # noqa: F401


def test_goal_and_closing_date_by_command(run, campaign, file):  # noqa: F811
    run(f"statement add {file} --campaign fair --open")
    assert "has the goal 2000" in run("statement goal fair-pay 2000").output
    assert "closes on 2090-05-31" in run("statement closes fair-pay 2090-05-31").output
    (row,) = json.loads(run("statement list --json").stdout)
    assert (row["goal"], row["closes_at"]) == (2000, "2090-06-01T00:00:00+00:00")
    assert "has no goal" in run("statement goal fair-pay").output
    assert "is past" in run("statement closes fair-pay 2001-01-01", code=1).stderr
    assert "must be a date" in run("statement closes fair-pay soon", code=1).stderr
    assert "“petitions statement list” shows them" in run("statement goal nowhere 5", code=1).stderr
