"""What of a campaign a page of settings has shown, as one short text: who saves it learns of changes in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from petitions.campaigns.facts import LABELS
from petitions.storage.store import Row

_DIGITS = 10  # hexadecimal, of a fact: it need not withstand anybody, only notice a change


def mark(campaign: Row) -> str:
    """The facts as they are."""
    return "".join(_digest(campaign[name]) for name in LABELS)


def changed(campaign: Row, seen: str) -> list[str]:
    """The facts that are not as they were seen."""
    was = _by_fact(seen)
    return [name for name in LABELS if was.get(name) != _digest(campaign[name])]


def touched(facts: Mapping[str, Any], seen: str) -> set[str]:
    """Those of the cleaned facts that say something else than what was seen."""
    was = _by_fact(seen)
    return {name for name, value in facts.items() if was.get(name) != _digest(value)}


def _by_fact(seen: str) -> dict[str, str]:
    return {name: seen[nth * _DIGITS : (nth + 1) * _DIGITS] for nth, name in enumerate(LABELS)}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
