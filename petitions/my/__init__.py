"""My signature: what is held for one address, for whoever reads its letters (signing.md §5, privacy.md 7).

`/my` takes an address and mails a link; the link's page shows everything held, and from there one changes,
withdraws, restores, moves to a new version, downloads or erases. It stands above the room of signatures,
whose fields and words it shows.

    confirmed ──withdraw──▶ withdrawn ──(7 days)──▶ erased       withdraw: only while the statement is open
        ▲                       │                      ▲         restore: for 7 days, closed or not
        └───────restore─────────┘                      │         erase: always
        └──────────────────────erase───────────────────┘

`held` reads, `actions` is what people may do, `letters` what the worker sends, `views` is HTTP.
"""

PURPOSE = "my"
"""The purpose of this room's links."""
LINKS_A_DAY = 3
"""Most letters with a link to one address in 24 hours."""
