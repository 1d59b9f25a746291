"""What the letters of the desk's acts are given, for test_letters.py: what organisers did, and what they ask.

A second word in a key names another form of the same letter.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from petitions.organisers.roles import LABELS, MEANINGS
from petitions.statements.differences import differences
from tests.mail.bodies_letters import ORGANISERS

DAY = datetime(2026, 12, 6, tzinfo=UTC)
ACTS = ("held", "released", "unlisted", "listed", "invalidated", "reinstated")


def of(statement: Any, base: str) -> dict[str, dict[str, Any]]:
    """Name of the letter → context."""
    my = f"{base}/my"

    def judged(act: str, **over: Any) -> dict[str, Any]:
        return {"statement": statement, "act": act, "reason": ORGANISERS, "counts": True, "my": my, **over}

    def asked(*, more: bool, before: str = "", after: str = "") -> dict[str, Any]:
        changes = [one for one in differences(before, after) if one.changed]
        facts = {"statement": statement, "signed": statement, "confirmed_at": DAY, "changes": changes}
        return {**facts, "more": more, "link": f"{base}/reconsent/a", "my": my}

    return {
        **{f"signatures/judged {act}": judged(act) for act in ACTS},
        "signatures/judged bare": judged("reinstated", reason="", counts=False),
        "signatures/already_signed aside": {"statement": statement, "my": my, "set_aside": True},
        "statements/reconsent": asked(more=False, before=ORGANISERS, after=f"{ORGANISERS} {ORGANISERS}"),
        "statements/reconsent more": asked(more=True, after=ORGANISERS),
        "statements/reconsent less": asked(more=False, before=ORGANISERS),
        "reports/answered": {"statement": statement, "reply": f"{ORGANISERS}\n{ORGANISERS}"},
        "organisers/invitation": {
            "role": LABELS["organiser"],
            "meaning": MEANINGS["organiser"],
            "good_until": DAY,
            "link": f"{base}/organise/invite/a",
        },
    }
