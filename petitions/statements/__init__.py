"""Statements: the texts put up for signing, and who may move them.

            open                close                       archive
    draft ─────────► open ────────────────► closed ────────────────────► archived
                      ▲                       │
                      └─────── reopen ────────┘   not once its personal data are anonymised

- A draft may change in everything; the public does not know of it.
- It opens only where its campaign names controller, postal address and contact. From then on its fields and
  its three field sets are fixed, and the exact consent wordings stand in `consent_texts`.
- The text of an open statement never changes: an addition is a dated note, a change is a new version, and
  each signature stays with the version that it was given to.
- With a closing date it closes by itself (`is_open` in the view `statements_now`); closed ones stay readable.

A statement comes from a file (front matter and Markdown: `files`) or from the desk's form (`forms`, `asking`).
`finding`, `states` and `texts` are what can be done with it; `actions` has them all at one place.
"""
