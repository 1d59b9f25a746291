"""My signature: what is held for one address, for whoever reads its letters (signing.md §5, privacy.md 7).

`/my` takes an address and mails a link; the link's page shows everything held, and from there one changes,
withdraws, restores, moves to a new version, downloads or erases. It stands above the rooms, whose fields and
words it shows. Officers get the same link, to what they told for their organisations (docs/decisions/0029).

    confirmed ──withdraw──▶ withdrawn ──(7 days)──▶ erased       withdraw: only while the statement is open
        ▲                       │                      ▲         restore: for 7 days, closed or not
        └───────restore─────────┘                      │         erase: always
        └──────────────────────erase───────────────────┘

`held` reads, `actions` is what people may do, `letters` what the worker sends, `views` is HTTP; of officers `officer`
reads and `endorsements` is HTTP, above the actions of `petitions/endorsements`.
"""

PURPOSE = "my"
"""The purpose of this room's links."""
LINKS_A_DAY = 3
"""Most letters with a link to one address in 24 hours."""
