"""The normal form of a body's name and of its code: what finds the same body under another spelling.

Stored with the body; computed here alone, so that all who compare compare the same.
"""

from __future__ import annotations

import re
import unicodedata

_LEFT_OUT = frozenset({"the", "branch"})
_STROKES = str.maketrans("łøđ", "lod")  # accents to their readers, letters of their own to Unicode
_SILENT = re.compile(r"['’‘ʼ`´.]")  # "Workers’" is "Workers", "U.N.I." is "UNI"; other signs part words


def plain(name: str) -> str:
    """The name without case, accents, punctuation, "the" and "branch"; words with one space between.

    Never empty for a name that says anything: one of signs alone, or of nothing but such words, stays.
    """
    words = _words(name)
    said = [word for word in words if word not in _LEFT_OUT] or words
    return " ".join(said) or " ".join(name.casefold().split())


def key_of(name: str, code: str) -> str:
    """What a body may have only once under one parent: "#" and its code where there is one, else its plain name.

    A code is its letters and digits alone: "SW/0123" and "sw 0123" are one.
    """
    digits = "".join(_words(code))
    return f"#{digits}" if digits else plain(name)


def _words(text: str) -> list[str]:
    """Letters, digits and what belongs to them, accents off; as case folding wants it (Unicode 3.13, D147)."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(one for one in folded if not _is_accent(one)).translate(_STROKES)
    silent = _SILENT.sub("", bare)
    parted = "".join(one if _is_word(one) else "" if _is_unseen(one) else " " for one in silent)
    return unicodedata.normalize("NFC", parted).split()


def _is_accent(character: str) -> bool:
    """A mark that a hasty hand leaves out: above, below or through a letter, and the points of Hebrew and Arabic.

    Not the vowels of Indian and South-East Asian scripts, nor the marks that make another kana: they make other words.
    """
    place = unicodedata.combining(character)
    return place == 1 or 10 <= place <= 36 or place >= 200


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) == "Cf"
