"""Files that were sent: checked by content, pictures made anew, kept by their SHA-256 in the database.

Behind one put, get and delete; it knows no room. What nothing refers to goes a day later. `checks` tells by its bytes
what a file is, `pictures` makes pictures anew, `actions` keeps them (docs/decisions/0023).
"""

from petitions.web.upload import LARGEST_FILE

MB = 1_000_000
LARGEST = {"logo": 2 * MB, "minutes": LARGEST_FILE}
"""Bytes of a file, by its use."""
