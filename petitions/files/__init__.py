"""Files that were sent: checked by content, pictures made anew, kept by their SHA-256 in the database.

Behind one put, get and delete; it knows no room. What nothing refers to goes a day later.
"""
