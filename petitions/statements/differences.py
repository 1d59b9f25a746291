"""What changed between two texts: paragraph by paragraph, then word by word, in bounded time.

The shortest way from one to the other as Myers has it (An O(ND) difference algorithm, 1986). Whoever writes two texts
that have nothing in common gets them one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, zip_longest
from typing import NamedTuple

EFFORT = (
    200_000  # steps for one pair of texts, some 0.2 s; without them the rest counts as changed throughout
)
_ALIKE = (
    0.3  # share of the characters that two paragraphs must have in common to be shown as one that changed
)
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Part(NamedTuple):
    """`kind`: same, gone or new."""

    kind: str
    text: str


class Passage(NamedTuple):
    """One paragraph."""

    parts: tuple[Part, ...]

    @property
    def changed(self) -> bool:
        return any(part.kind != "same" for part in self.parts)

    @property
    def before(self) -> str:
        """What it said; "" where it is new."""
        return "".join(part.text for part in self.parts if part.kind != "new")

    @property
    def after(self) -> str:
        """What it says now; "" where it is gone."""
        return "".join(part.text for part in self.parts if part.kind != "gone")


@lru_cache(maxsize=32)  # versions never change, and many ask for the same two
def differences(old: str, new: str) -> tuple[Passage, ...]:
    """Every paragraph of both texts, in order."""
    effort = _Effort(EFFORT)
    found: list[Passage] = []
    steps = _steps(old.split("\n\n"), new.split("\n\n"), effort)
    for same, run in groupby(steps, key=lambda step: step[0] == "same"):
        if same:
            found += [Passage((Part("same", text),)) for _, text in run]
        else:
            found += _rewritten(list(run), effort)
    return tuple(found)


def shortened(passages: Sequence[Passage]) -> list[Passage | None]:
    """What changed with the paragraph before and after it; None stands for one or more that are left out."""
    kept = {near for nth, one in enumerate(passages) if one.changed for near in (nth - 1, nth, nth + 1)}
    found: list[Passage | None] = []
    for nth, one in enumerate(passages):
        if nth in kept:
            found.append(one)
        elif not found or found[-1] is not None:
            found.append(None)
    return found


def _rewritten(run: list[tuple[str, str]], effort: _Effort) -> Iterator[Passage]:
    """Paragraphs that went beside those that came in their place."""
    gone = [text for kind, text in run if kind == "gone"]
    new = [text for kind, text in run if kind == "new"]
    for before, after in zip_longest(gone, new):
        if before is None or after is None:
            yield Passage((Part("new", after) if before is None else Part("gone", before),))
            continue
        parts = tuple(_joined(_steps(_WORDS.findall(before), _WORDS.findall(after), effort)))
        common = sum(len(part.text) for part in parts if part.kind == "same")
        if common < _ALIKE * max(len(before), len(after)):
            yield Passage((Part("gone", before),))
            yield Passage((Part("new", after),))
        else:
            yield Passage(parts)


def _joined(steps: Sequence[tuple[str, str]]) -> Iterator[Part]:
    """Words side by side that had the same fate, as one; what went before what came."""
    for same, run in groupby(steps, key=lambda step: step[0] == "same"):
        words = list(run)
        for kind in ("same",) if same else ("gone", "new"):
            if text := "".join(word for fate, word in words if fate == kind):
                yield Part(kind, text)


class _Effort:
    """How many steps are left."""

    def __init__(self, left: int) -> None:
        self.left = left


def _steps(old: Sequence[str], new: Sequence[str], effort: _Effort) -> list[tuple[str, str]]:
    """What becomes of each piece: (same, gone or new; the piece)."""
    ahead = _common(old, new)
    behind = _common(old[ahead:][::-1], new[ahead:][::-1])
    a, b = old[ahead : len(old) - behind], new[ahead : len(new) - behind]
    middle = _way(a, b, effort)
    if middle is None:
        middle = [*(("gone", one) for one in a), *(("new", one) for one in b)]
    same = [("same", one) for one in old]
    return [*same[:ahead], *middle, *same[len(old) - behind :]]


def _common(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """How many pieces both begin with."""
    return next(
        (nth for nth, (one, other) in enumerate(zip(a, b, strict=False)) if one != other),
        min(len(a), len(b)),
    )


def _way(a: Sequence[str], b: Sequence[str], effort: _Effort) -> list[tuple[str, str]] | None:
    """The shortest way; None where finding it takes more steps than are left.

    Row d of `rows` says how far one gets with d pieces gone or new, on the diagonals k = -d, -d + 2 … d.
    """
    rows: list[list[int]] = []
    for d in range(len(a) + len(b) + 1):
        row: list[int] = []
        before = rows[-1] if rows else [0]
        for i in range(d + 1):
            x = _reached(before, i, d)
            begun = x
            y = x - (2 * i - d)
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            effort.left -= 1 + x - begun
            row.append(x)
            if x >= len(a) and y >= len(b):
                return _back(a, b, [*rows, row])
        rows.append(row)
        if effort.left < 0:
            return None
    raise AssertionError("there is always a way")


def _reached(before: list[int], i: int, d: int) -> int:
    """Where the i-th diagonal of row d begins: one piece new, or one gone, after the row before."""
    if d == 0:
        return 0
    return before[i] if i == 0 or (i < d and before[i - 1] < before[i]) else before[i - 1] + 1


def _back(a: Sequence[str], b: Sequence[str], rows: list[list[int]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    x, y = len(a), len(b)
    for d in range(len(rows) - 1, -1, -1):
        i = (x - y + d) // 2
        start = _reached(rows[d - 1] if d else [0], i, d)
        while x > start:
            x, y = x - 1, y - 1
            found.append(("same", a[x]))
        if d == 0:
            break
        before = rows[d - 1]
        if i == 0 or (i < d and before[i - 1] < before[i]):
            y -= 1
            found.append(("new", b[y]))
        else:
            x -= 1
            found.append(("gone", a[x]))
    return found[::-1]
