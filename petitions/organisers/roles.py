"""Roles of organisers in a campaign. What each may open, the desk's table says, line by line (desk/table.py)."""

from __future__ import annotations

from petitions.errors import N_

ROLES = ("owner", "organiser", "moderator", "stall", "reader")
LABELS = {
    "owner": N_("owner"),
    "organiser": N_("organiser"),
    "moderator": N_("moderator"),
    "stall": N_("stall"),
    "reader": N_("reader"),
}
MEANINGS = {
    "owner": N_("Everything, the team and the details of the campaign too."),
    "organiser": N_("Statements, signatures, endorsements, motions and lists."),
    "moderator": N_("The queues of what waits for a decision; hold and release signatures."),
    "stall": N_("Adds signatures from paper, and sees nothing else."),
    "reader": N_("Numbers only."),
}

OWNERS = frozenset({"owner"})
ORGANISERS = OWNERS | {"organiser"}
MODERATORS = ORGANISERS | {"moderator"}
READERS = ORGANISERS | {"reader"}
EVERYONE = frozenset(ROLES)


def sees_drafts(role: str) -> bool:
    """A draft is for those who write it: to all others it is not there before it opens."""
    return role in ORGANISERS
