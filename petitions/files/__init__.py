"""Files that were sent: checked by content, pictures made anew, kept by their SHA-256 in the database.

Behind one put and get; it knows no room. Nobody deletes a file: what nothing refers to goes a day later. `checks`
tells by its bytes what a file is, `pictures` makes pictures anew, `actions` keeps them (docs/decisions/0023).
"""

from petitions.uploads import LARGEST_FILE

MB = 1_000_000
LARGEST = {"logo": 2 * MB, "minutes": LARGEST_FILE}
"""Bytes of a file, by its use."""
