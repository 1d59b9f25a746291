"""Motions: model texts for bodies to adopt, and the pipeline of those who put them (a submission each).

    submission:  pending ──officer's letter──▶ announced ──the day after──▶ passed · amended · fell · not reached
                                                   └──▶ withdrawn

`text` fills a motion in for one kind of body, `documents` makes files of it, `actions` and `views` publish and show it.
The pipeline: `forms`, `submissions` (what officers may do), `letters`, `pipeline` and `outcome` (its pages), `calendar`
(what organisers see). Submissions are private to organisers: tactics are sensitive.
"""

PURPOSE = "submission"
"""The purpose of this room's links and codes."""
OUTCOME = "submission outcome"
"""The purpose of the link under "how did it go?"."""
