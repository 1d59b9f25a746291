"""Reports: what anybody finds wrong with a name, a comment, an endorsement or a statement, and the reply.

Nothing public happens by a report itself: it waits for an organiser. waiting → done or dismissed, and back until a
reply by letter has gone. The address (given only for a reply) is erased 30 days after the end; when a statement is
anonymised, the words of its reports go too. What is about something erased since ends by itself.
"""

from petitions.errors import N_

SUBJECTS = ("statement", "name", "comment", "endorsement")
REASONS = {
    "not me": N_("This is my name, and I did not sign"),
    "false body": N_("This organisation did not endorse, or there is no such organisation"),
    "insult": N_("It insults or threatens somebody"),
    "personal data": N_("It tells something private about a person"),
    "spam": N_("It is advertising or spam"),
    "else": N_("Something else"),
}
ONLY = {"not me": ("name", "comment"), "false body": ("endorsement",)}
"""Reasons that only some subjects have."""
WORDS = 2_000
"""Most characters of the words and of the reply."""
HOLD = 10
"""Minutes that a reply waits before it goes, so that it can be taken back (reports.sql)."""


def reasons(subject: str) -> list[str]:
    """Those that a report on such a subject can have."""
    return [reason for reason in REASONS if subject in ONLY.get(reason, SUBJECTS)]
