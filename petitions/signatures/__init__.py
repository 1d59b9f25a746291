"""Signatures: one person's act on one statement.

States, and who may move them (docs/states.md):

    pending ──confirm──▶ confirmed ──withdraw──▶ withdrawn      (my: withdraw, restore within 7 days)
       │                     │
       └─▶ superseded        └─▶ held, invalidated              (organisers: holding, invalidating)

`forms` reads and judges what was typed, `actions` is what people may do, `letters` decides and writes what the worker
sends, `confirming` and `views` are HTTP. For the desk: `searching`, `holding`, `rules` and `invalidating`, with their
letters in `notices`.
"""

PURPOSE = "signature"
"""The purpose of this room's links and codes."""
