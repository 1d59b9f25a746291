"""Finds words that no catalogue has seen: on a page in the pseudo-locale every sentence of ours wears accents.

For it, everything that people typed must be in a script without A–Z: then each plain letter left is hard-coded.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SILENT = {"script", "style", "code", "kbd"}
_SPOKEN = {"alt", "title", "aria-label", "placeholder", "aria-description", "label"}
_META = {"description", "og:title", "og:description"}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
# Not words of ours: addresses, this machine, dates as Babel has them, references, a command, and names of sites, of
# settings, of kinds of files.
_SHORT = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_NOT_OURS = re.compile(
    rf"https?://\S+|\S+@\S+|(?:\d{{1,2}}\s+)?\b(?:{_MONTHS}|{_SHORT})\s+\d{{4}}"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:\b[a-z_]+, ){2,}[a-z_]+\b|\bexample-\d+\b"
    r"|\b[0-9a-f]{8}\b|\b(?:WhatsApp|Facebook|Bluesky|Mastodon|X)\b|\bSMTP_URL\b|\blocalhost\b"
    r"|(?<=⟧),? and (?=⟦)"  # Babel's, in a list
    r"|\[\[[^\]]*\]\]|#[0-9a-f]{6}\b|\bcli:\S+"
    r"|\bFirefox\b|\bLinux\b|\bUTC\b|\bCSV\b|\b[KM]B\b|\ben-XA\b|: de, en\."
    r"|\bPDF\b|\bWEBP\b|\bpetitions endorsements list --campaign \S+"
)


def hard_coded(html: str) -> list[str]:
    """The pieces of a page that a visitor sees or hears and that were never translated."""
    return [piece for piece in pieces(html) if plain_words(piece)]


def pieces(html: str) -> list[str]:
    """What a visitor sees or hears of a page."""
    page = _Visible()
    page.feed(html)
    page.close()
    return page.pieces


def plain_words(text: str) -> list[str]:
    """The words of a text that are written in plain A–Z."""
    return re.findall(r"[A-Za-z][A-Za-z'’-]*", _NOT_OURS.sub(" ", text))


def _english(tag: str, facts: dict[str, str | None]) -> bool:
    """What says of itself that it is English, on a page that is not."""
    return tag != "html" and facts.get("lang") == "en"


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag in (self._silent[-1:] or _SILENT) or facts.get("translate") == "no" or _english(tag, facts):
            self._silent.append(tag)
        spoken = [value for name, value in attrs if name in _SPOKEN]
        if tag == "meta" and (facts.get("name") or facts.get("property")) in _META:
            spoken.append(facts.get("content"))
        if tag == "input" and facts.get("type") in ("submit", "button", "reset"):
            spoken.append(facts.get("value"))
        self.pieces += [value for value in spoken if value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent[-1:]:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.pieces.append(data.strip())
