"""What a choice that says nothing leaves behind: no empty point, no signs around nothing."""

from __future__ import annotations

import re

GONE = "\0"
"""Stands where nothing was picked, until its line is known; no text of ours can hold it."""
# A line of which nothing else is left: the sign of its list or heading, the end of its sentence.
_ALONE = re.compile(r"[\s>]*(#{1,6}|[-*+]|[0-9]{1,9}[.)])?\s*[.,;:]?\s*")
_NUMBER = re.compile(r"(?P<before>[\s>]*)[0-9]{1,9}(?=[.)])")
# Signs of emphasis around nothing, and with nothing but a space behind the opening ones, where they would mean nothing.
_EMPHASIS = r"\*{1,3}|_{1,3}|~~"
_EMPTIED = re.compile(rf"({_EMPHASIS}) *{GONE} *\1")
_AFTER_OPENING = re.compile(rf"(?<!\S)({_EMPHASIS}){GONE} +(?=\S)")


def without_gaps(text: str) -> str:
    """A line that a choice leaves empty goes, with the sign of its list or heading; of a numbered list the next takes
    its number. Emphasis of nothing goes too."""
    lines: list[str] = []
    free: re.Match[str] | None = None
    for line in _without_emptied(text).split("\n"):
        whole = line.replace(f" {GONE}", "").replace(GONE, "")
        number = _NUMBER.match(whole)
        if GONE in line and _ALONE.fullmatch(whole):
            free = free or number
            continue
        if free and number and free["before"] == number["before"]:
            whole = free[0] + whole[number.end() :]
        free = None if whole.strip() else free
        lines.append(whole)
    return "\n".join(lines)


def _without_emptied(text: str) -> str:
    """Emphasis within emphasis from the inside out."""
    found = 1
    while found:
        text, found = _EMPTIED.subn(GONE, text)
    return _AFTER_OPENING.sub(r"\1", text)
