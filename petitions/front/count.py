"""The public count of a statement as programs get it: `count.json` and the live count say the same."""

from __future__ import annotations

from typing import Any

from petitions.storage.store import Row


def public_facts(statement: Row, counts: Row) -> dict[str, Any]:
    """People and organisations are never added up. `at`: when it was counted, to the second, in UTC. `open`: whether
    it takes signatures, so that whoever follows it knows when to stop."""
    at = counts.counted_at or statement.opened_at
    return {
        "people": counts.people,
        "organisations": counts.organisations,
        "goal": next_goal(statement, counts),
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None,
        "open": statement.is_open,
    }


def next_goal(row: Row, counts: Row) -> int | None:
    """The goal while it is ahead, then the next round number: momentum, never a full bar."""
    if row.goal is None:
        return None
    goal: int = row.goal
    steps = (2, 2.5, 2)  # 1,000 → 2,000 → 5,000 → 10,000
    turn = 0
    while goal <= counts.people:
        goal = int(goal * steps[turn % 3])
        turn += 1
    return goal
