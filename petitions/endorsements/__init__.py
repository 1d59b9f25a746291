"""Endorsements: an organisation's act on one statement, through its officer: by motion, with evidence.

States, and who may move them (docs/states.md):

    pending ──officer's letter──▶ confirmed ⇄ questioned ──accept──▶ accepted ──▶ withdrawn (the officer)
                                      │                                 │
                                      └──────────decline──▶ declined    ├──▶ expired (a job)
                                                                        └──▶ replaced (by the row that renews or
                                                                             corrects it, once that is accepted)

Only accepted ones are public and count. A second officer's letter leaves after the first has confirmed.

`forms` reads and judges what was typed, `actions` and `confirming` lead to the queue, `review` is what organisers do
there, `officer` and `leaving` what an officer may do later, `listing` the public list, `letters` what the worker sends.
"""

from petitions.errors import N_

PURPOSE = "endorsement"
"""The purpose of the officer's links and codes."""
SECOND = "second officer"
"""The purpose of the second officer's links."""
ANSWER = "endorsement answer"
"""The purpose of the link under an organisers' question."""
MINUTES = "endorsement minutes"
"""The purpose of the link by which an organiser gets the minutes."""

DECIDED = {
    "annual meeting": N_("annual meeting"),
    "branch meeting": N_("branch meeting"),
    "committee": N_("committee"),
    "conference": N_("conference"),
    "officers between meetings": N_("officers between meetings"),
}
"""How a body decided."""
MET_HOW = {"in person": N_("in person"), "online": N_("online"), "both": N_("both in person and online")}
LEVELS = {
    "officer": N_("Confirmed by an officer"),
    "two officers": N_("Confirmed by two officers"),
    "minutes": N_("Minutes seen by the campaign"),
}
"""How well an accepted endorsement is proven, as the public reads it (the view public_endorsements)."""
WAITING = ("confirmed", "questioned")
"""The states in which one stands in the review queue."""
