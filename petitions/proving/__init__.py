"""Proving: the one service that proves an address for any room, by link, button or code (signing.md §4).

It knows the link's token, the cookie of the browser that filled in the form, the six digits and
the decision whether one click is enough. It knows no table: a room finds and confirms its rows.
"""
