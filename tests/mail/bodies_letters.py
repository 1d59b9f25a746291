"""What the letters about organisations are given: endorsements and motions, for test_letters.py.

A second word in a key names another form of the same letter.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from petitions.endorsements import LEVELS

BODY = "Example Workers"
ORGANISERS = "Which meeting was it?"
"""Typed by organisers, so it may stand in a letter."""
TYPED = dict.fromkeys(("parent", "area", "officer_role", "motion", "wording", "note"), "VISITOR-TYPED-THIS")
OFFICER = {"name": BODY, "officer_name": "Zoë Example", **TYPED}
LAST = datetime(2026, 12, 6, tzinfo=UTC)


def of(statement: Any, base: str, motion: str) -> dict[str, dict[str, Any]]:
    """Name of the letter → context; `motion`: the title of one."""
    my, listed = f"{base}/my", f"{base}/wages/endorsements"

    def claim(**over: Any) -> dict[str, Any]:
        claimed = {**OFFICER, "via": "form", "good_until": LAST, **over}
        token_link = f"{base}/endorsements/confirm/a"
        return {
            "statement": statement,
            "claim": SimpleNamespace(**claimed),
            "body": BODY,
            "code": "123456",
            "link": token_link,
            "not_me": f"{token_link}/not-me",
        }

    def decided(**over: Any) -> dict[str, Any]:
        row = {
            **OFFICER,
            "via": "form",
            "question": f"{ORGANISERS}\n{ORGANISERS}",
            "reason": f"{ORGANISERS}\n{ORGANISERS}",
            "old_stands": False,
            "second_key": b"k" * 16,
            "second_confirmed_at": None,
            **over,
        }
        return {
            "statement": statement,
            "endorsement": SimpleNamespace(**row),
            "body_name": BODY,
            "last_day": date(2027, 12, 6),
        }

    def accepted(**over: Any) -> dict[str, Any]:
        facts = {"level": LEVELS["minutes"], "listed": listed, "my": my, "ends": True, "told": True}
        return decided() | facts | over

    second = {
        "statement": statement,
        "body": BODY,
        "good_until": LAST,
        "link": f"{base}/endorsements/second/a",
        "refuse": f"{base}/endorsements/second/a/not-me",
    }

    def put(link: str, **over: Any) -> dict[str, Any]:
        row = {
            **OFFICER,
            "motion_title": motion,
            "meets_on": date(2026, 12, 6),
            "cut_off_on": date(2026, 11, 6),
            "reminds_on": date(2026, 10, 30),
            "good_until": LAST,
            **over,
        }
        return {
            "statement": statement,
            "submission": SimpleNamespace(**row),
            "motion": f"{base}/wages/motions/a",
            "link": base + link,
        }

    outcome = "/motions/outcome/a"
    no_days = {"cut_off_on": None, "reminds_on": None}
    to_confirm = "/motions/confirm/a"
    return {
        "endorsements/confirm": claim(),
        "endorsements/confirm import": claim(via="import", officer_name="", good_until=None) | {"code": ""},
        "endorsements/confirm nameless": claim() | {"body": ""},
        "endorsements/reminder": claim(),
        "endorsements/reminder import": claim(via="import", officer_name="", good_until=None),
        "endorsements/reminder nameless": claim() | {"body": ""},
        "endorsements/received": decided() | {"my": my},
        "endorsements/received alone": decided(officer_name="", second_key=None) | {"my": my},
        "endorsements/second": second,
        "endorsements/second nameless": second | {"body": "", "good_until": None},
        "endorsements/accepted": accepted(),
        "endorsements/accepted late": accepted(told=False, level=LEVELS["two officers"]),
        "endorsements/accepted import": accepted() | decided(via="import"),
        "endorsements/replaced": accepted(),
        "endorsements/question": decided() | {"link": f"{base}/endorsements/answer/a"},
        "endorsements/declined": decided(),
        "endorsements/declined correction": decided(old_stands=True, via="import"),
        "endorsements/expiring": decided() | {"my": my},
        "endorsements/withdrawn": decided() | {"was_public": True, "my": my},
        "endorsements/withdrawn unseen": decided() | {"was_public": False, "my": my},
        "endorsements/erased": {"statement": statement, "body_name": BODY},
        "motions/confirm": put(to_confirm) | {"not_me": f"{base}{to_confirm}/not-me", "code": "123456"},
        "motions/announced": put(outcome),
        "motions/announced hidden": put(outcome, **no_days) | {"motion": None},
        "motions/reminder": put(outcome),
        "motions/reminder hidden": put(outcome, **no_days) | {"motion": None},
        "motions/question": put(outcome),
    }
