"""Petitions: people sign statements, confirm by e-mail, and are counted so that anybody can believe it.

Start reading at `sql/schema.sql` (what there is), `routes.py` (every page), then one room, say `signatures/`.

The floors. Imports only go down; rooms beside each other never import each other; a tool checks it::

    roof      cli, commands, serve, demo, backup → app, work → routes      put everything together
    doors     front  my  desk              pages where several features meet, one door per kind of visitor
    rooms     signatures  endorsements  motions  comments  reports    one per feature
    pillars   statements  organisations → campaigns → organisers
    services  watch  files → mail  proving  tally  throttle  jobs  changes → web   know no room: the roof hands them all
    site      the running site, handed over and never global → tokens
    ground    storage  shelf  gathering  templating  translations  forms  questions  addresses …   know no feature

A room is one word in four places: `petitions/<room>/`, `sql/queries/<room>.sql`, `templates/<room>/`,
`tests/<room>/`. In it, `views` is HTTP, `actions` is what people may do, `forms` judges what was typed, `letters`
writes what the worker sends. A view finds, allows, cleans, acts, answers. Named queries are the only SQL, and the
database decides who was first: a key or `where state = … returning`, never a look before a write.

The words, one for each thing:

campaign      who hosts statements: name, imprint, data controller, contact, sender's address
statement     a text put up for signing: a petition, an open letter or a campaign statement
version       the exact text that a signature was given to
signature     one person's act on one statement: pending, then confirmed; perhaps withdrawn (docs/states.md)
signatory     the person, as a list shows them; there is no such table
attempt       a signature that nobody has confirmed yet
organiser     who looks after a campaign and may take lists
desk          where organisers work: everything under /organise (desk/table.py says who may what)
role          what an organiser may do in a campaign: owner, organiser, moderator, stall or reader
session       one browser at the desk, from a log-in to its end
second factor what an owner shows besides the letter: a passkey, a one-time code, or a recovery code
team          the organisers of a campaign; an invitation is a letter that asks somebody to join it
organisation  a union, branch, trades council …: a body that acts through an officer; they form a tree
officer       the person who speaks for a body
endorsement   a body's act on one statement: pending, confirmed by its officer, then accepted by an organiser
level         how well an endorsement is proven: by an officer, by two, by minutes that the campaign has seen
affiliated members   of the endorsing bodies, nobody twice; never added to signatures
motion        a model text for bodies to adopt
submission    one body's plan to put a motion to its meeting, and what came of it
confirm       prove the address, by the letter's link, its button page or its code
token         what a link carries: signed, for one purpose, dated
address key   what stands for a mailbox: a keyed hash of the address's one spelling
consent       a permission with its wording, its date and the way it was given; the ledger keeps them all
letter        one e-mail to one address; the outbox is where letters wait
invalidation  a rule by which organisers take signatures out of the count, seen by everybody, and its undoing
unlisted      of a name that organisers took off the public list; the signature counts
comment       what a signatory wrote; public once an organiser has approved it
report        what somebody finds wrong with a name, a comment, an endorsement or a statement ("report this")
count, tally  a public number; the one writer that keeps it
live count    the newest of it, told to whoever has the page open: a reader, by a stream
hand-over     the document that the addressee gets: statement, counts, organisations, names of those who agreed
export        a list taken by an organiser; the audit is the log of what organisers did
shelf         what one process remembers of the database, while it hears of changes
trouble       what is wrong with the site: begins, is told to the operator by letter, is over
tombstone     what is left of an erased signature: number, state and hour
site, store, page   the running whole; the database with its queries; HTML sent to a visitor

Kept for rooms to come: ledger (the public log behind the counts), event, material, update, sheet.

To add a room: write its noun here; its table into `sql/schema.sql` and a step into `sql/migrations/` (key
`(statement_id, id)` if it belongs to a statement); its queries; actions; views and their lines in `routes.py`;
templates with every sentence marked for translation; tests through the front door. If it sends letters or has timed
work, name them in `work.py`. Then add it to the rooms' line of the import contract in `pyproject.toml`.
"""
