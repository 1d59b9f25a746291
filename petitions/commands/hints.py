"""What a refusal means on the command line: the options and commands that the rooms' sentences don't name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from petitions.commands import running
from petitions.endorsements import doubles, refusals
from petitions.errors import Refused
from petitions.motions import actions as motions
from petitions.organisations import actions as organisations
from petitions.site import Site
from petitions.statements import finding, states, texts

T = TypeVar("T")
_HINTS = {
    doubles.SAME: "--separate needs another --name, --code or --parent.",
    doubles.WHICH: "--organisation ID if it is one of these, --renew if it takes the place of what that one gave, "
    "--separate if it is another.",
    doubles.NOTHING: "--organisation ID with --renew.",
    doubles.BELOW: "--parent %(id)s if it is that one, else --parent with another id, or none.",
    refusals.STANDS: "--renew puts this one in its place, --separate makes it another organisation (with --name, "
    "--code or --parent).",
    refusals.OVER: "--expires says another day, or none.",
    refusals.CORRECTED: "“petitions endorsements show %(id)s” tells the command with its mark.",
    refusals.UNKNOWN: "“petitions endorsements list” shows them.",
    organisations.UNKNOWN: "“petitions organisations list” shows them.",
    motions.TAKEN: "--replace gives it another text.",
    motions.UNKNOWN: "“petitions motions list” shows them.",
    finding.UNKNOWN: "“petitions statement list” shows them.",
    states.LACKING: "“petitions campaign set %(campaign)s …” gives it, --help shows how.",
    texts.ANOTHER: "“petitions statement rename” changes a slug.",
}
"""A room's sentence → what to type."""


def act(action: Callable[[Site], Awaitable[T]]) -> T:
    """As running.act; what is refused is told with its hint."""

    async def hinted(site: Site) -> T:
        with hints():
            return await action(site)

    return running.act(hinted)


@contextmanager
def hints() -> Iterator[None]:
    """Refusals inside end in brackets with what to type."""
    try:
        yield
    except Refused as refused:
        if (hint := _HINTS.get(refused.pattern)) is None:
            raise
        raise Refused(f"{refused.sentence} ({hint % refused.values})") from refused
