"""How long what is kept, in days: the privacy page says these numbers, and a test compares them with the SQL."""

from __future__ import annotations

from petitions import jobs
from petitions.mail import delivery

LINK = 14  # a letter's link is good
PENDING = 21  # an unconfirmed attempt is deleted
ENDED = 30  # officers' details after an endorsement was declined, withdrawn, replaced or has expired
UNWRITTEN = 90  # an import's officer to whom no letter ever went is deleted
UNDO = 7  # a withdrawal can be undone; then the signature is erased

DAYS = {
    "link": LINK,
    "pending": PENDING,
    "undo": UNDO,
    "unwritten": UNWRITTEN,
    "ended": ENDED,
    "ip": jobs.KEEP_ADDRESSES,
    "letters": delivery.KEPT_DAYS,
}
CONSENT_YEARS = jobs.KEEP_CONSENTS.days // 365
