"""What every form shares: reading its fields, and cleaning the words that people type.

Cleaning keeps words as typed, in any script. It only refuses what deceives a reader (invisible and
direction-changing characters), what breaks a list or a spreadsheet, and web addresses where they serve spam.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as with_default

from petitions.errors import N_, BadRequest

NAME_LIMIT = 100  # characters are Unicode code points, after NFC, here and below

_JOINERS = "\u200c\u200d"  # Persian, Sinhala and many Indian scripts need them inside a word
_DIRECTION_MARKS = "\u200e\u200f"  # come along with copied Hebrew and Arabic names; harmless at the ends
_DIRECTION_CHANGES = re.compile("[\u061c\u202a-\u202e\u2066-\u2069]")
# Letters, marks and symbols that show nothing: they would make an empty name or two equal-looking ones.
_BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
_SELECTORS = (
    "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f"  # choose a glyph: Han names, Mongolian, emoji
)
_LONE_SELECTOR = re.compile(f"(?:^|[\\s{_SELECTORS}])[{_SELECTORS}]")
_REGION_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")  # Wales, Scotland, England
_UNSEEN_KINDS = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"  # a spreadsheet runs what begins so (also full width)
_MARKS_IN_A_ROW = 4  # Hebrew with points and Tibetan stacks need that many

_LINK = re.compile(r"://|\bhttps?:|\bwww\.|\bmailto:", re.IGNORECASE)
_GENERIC = (
    "com|net|org|info|biz|online|site|shop|store|xyz|top|club|live|app|dev|link|click|page|news|media|blog|рф"
)
# Country domains in use (IANA's root zone, 2026). Not every pair of letters: "ver.di" is a union.
_COUNTRIES = (
    "a[cdefgilmoqrstuwxz]|b[abdefghijmnorstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[ceegrstu]|f[ijkmor]|"
    "g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]|"
    "n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghiklmnorstuvxyz]|t[cdfghjklmnortvwz]|u[agksyz]|"
    "v[aceginu]|w[fs]|y[et]|z[amw]"
)
# A domain without http. A country's ending only in small letters, or before a path: "Ma.An" stays a name.
_DOMAIN = re.compile(
    r"(?<![^\W_])(?:(?P<label>[^\W_][\w-]+)\."
    rf"(?:(?i:{_GENERIC}|xn--[\w-]+)|{_COUNTRIES})\b(?!\.\w)|[^\W_][\w-]*\.[^\W\d_]{{2,24}}[/:]\S)"
)
# With these before the dot, what follows is a name: "St.john", "Md.al".
_SHORTENED = frozenset(
    re.findall(
        r"\w+",
        "adv arch av br bro capt chas col cpl dipl dr eng er fr gen geo hon hr ing jas jos jr kum lt ma mag "
        "maj md med mohd mr mrs ms muhd mx ph phil prof pte rev robt sgt sh sk smt sr sri st ste thos wm",
    )
)

# Names stand in letters, and mail programs make a link of whatever ends like a domain.
_DOT = re.compile("(?<=\\w)[\u3002\uff0e\uff61\u2024\ufe52](?=\\w)")  # other dots that work in addresses
_AT = re.compile("[@\uff20\ufe6b]")
_DOTTED = re.compile(r"(?<![^\W_])([^\W_][\w-]*)\.(?=(xn--[\w-]+|[^\W_]{2,24})(?!\w))", re.IGNORECASE)
_WHOLE_DOMAIN = re.compile(r"[^\W_][\w-]*(?:\.[^\W_][\w-]*)+")
_PHONE = re.compile(r"\d(?:[\s()./+–-]*\d){6,}")
_ENDINGS = frozenset(
    re.findall(
        r"\S+",
        "com net org info biz edu gov int mil arpa mobi name tel jobs travel museum aero coop asia post cat "
        "online site shop store xyz top club live app dev link click page news media blog zip mov pro tech "
        "website web space world fun icu support berlin hamburg wien koeln cologne bayern london paris nyc "
        "agency art auction bank bar best bet bid bio buzz cafe cam camp cards care cash casino center chat city "
        "cloud codes coach company community computer consulting cool cyou date deals design digital direct "
        "download education email energy events exchange expert express family fans farm finance fit foundation "
        "fund gallery game games gift gives global gmbh gold group guide guru help host hosting house ink "
        "institute international lat law legal life limited lol love ltd market marketing money monster network "
        "ninja one party photo photos pics plus poker porn press promo properties quest racing red rent report "
        "review reviews rip rocks run sale school science security services sexy show social software solar "
        "solutions stream studio style surf systems team technology tips today tools tours town trade training "
        "university vip video vote voyage watch wiki win work works wtf zone "
        "рф рус онлайн сайт орг ком дети москва бел укр срб мкд бг қаз ευ ελ გე 中国 中國 公司 网络 網絡 网址 "
        "移动 在线 中文网 香港 台湾 台灣 新加坡 한국 닷컴 닷넷 コム みんな ไทย",
    )
)
_FIRST_WORDS = frozenset(
    {"al", "am", "de", "do", "la", "mc", "st"}
)  # of surnames: "J.de Example"; domains as well

_EMPTY_NAME = N_("Please enter your name.")
_NO_LETTER = N_("A name needs at least one letter.")
_NEITHER = N_("A name needs at least one letter or digit.")
_LONG = N_("This is too long: please use %(limit)s characters at most.")
_CONTROL = N_("There is a line break or control character in this. Please type it on one line.")
_CONTROL_TEXT = N_("There is a control character in this text. Please type it instead of pasting it.")
_DIRECTION = N_("A character in this changes the direction of writing. Please type it instead of pasting it.")
_UNSEEN = N_("There is a character in this that can’t be seen. Please type it instead of pasting it.")
_MARKS = N_("There are too many accents on one letter.")
_ADDRESS = N_("Please leave web and e-mail addresses out here.")
_NUMBER = N_("Please leave phone numbers out here.")
_SIGN = N_("A name can’t begin with =, +, - or @.")


class Unfit(Exception):
    """What was typed can't be taken. `sentence` is untranslated; `values` go into it."""

    def __init__(self, sentence: str, values: Mapping[str, object] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = dict(values or {})


@dataclass(frozen=True)
class Problem:
    """One sentence to show beside one field and in the summary. `sentence` is untranslated."""

    field: str
    sentence: str
    values: Mapping[str, object] = with_default(default_factory=dict)


def read_fields(items: Iterable[tuple[str, object]], allowed: AbstractSet[str]) -> dict[str, str]:
    """The allowed fields of a form body; unknown ones are left out.

    Raises BadRequest for a field that comes twice or as a file: no page of ours sends that.
    """
    found: dict[str, str] = {}
    for name, value in items:
        if name not in allowed:
            continue
        if name in found or not isinstance(value, str):
            raise BadRequest
        found[name] = value
    return found


def clean_name(text: str) -> str:
    """A person's name as typed: NFC, trimmed, runs of spaces made one; 1 to 100 characters, one a letter.

    Raises Unfit.
    """
    name = _one_line(text)
    if not name:
        raise Unfit(_EMPTY_NAME)
    _refuse(name, NAME_LIMIT, _CONTROL)
    if name[0] in _FORMULA_SIGNS:
        raise Unfit(_SIGN)
    _refuse_links(name)
    if _PHONE.search(name):
        raise Unfit(_NUMBER)
    if not any(_is_letter(character) for character in name):
        raise Unfit(_NO_LETTER)
    return name


def clean_body(text: str) -> str:
    """An organisation's name as typed, cleaned as a person's is; 1 to 100 characters, one a letter or a digit.

    No number in it is a phone's ("Branch LE/1228 4567"), and a domain may be the whole name ("350.org"). A letter to
    somebody who did not ask for it takes `in_letter` of it. Raises Unfit.
    """
    name = _one_line(text)
    _refuse(name, NAME_LIMIT, _CONTROL)
    if name and name[0] in _FORMULA_SIGNS:
        raise Unfit(_SIGN)
    if not _WHOLE_DOMAIN.fullmatch(name) or _LINK.search(name):
        _refuse_links(name)
    if not any(_is_letter(character) or character.isdigit() for character in name):
        raise Unfit(_NEITHER)
    return name


def in_letter(body: str) -> str:
    """An organisation's name for a letter to somebody who did not ask for it; "" where a mail program could make a
    link of it, or a reader ring it up."""
    try:
        return clean_name(body)
    except Unfit:
        return ""


def clean_line(text: str, limit: int) -> str:
    """One line (town, union, role …), cleaned as a name is; "" where nothing was typed.

    It may begin with any sign ("+44 …" is a fair answer), so an export must guard spreadsheets itself.
    `limit` in characters. Raises Unfit.
    """
    line = _one_line(text)
    _refuse(line, limit, _CONTROL)
    _refuse_addresses(line)
    return line


def clean_text(text: str, limit: int) -> str:
    """A text of several lines (comment): no spaces at line ends, never two empty lines; "" if none.

    Web addresses are allowed. `limit` in characters, a line break is one. Raises Unfit.
    """
    lines = re.sub(r"\r\n?", "\n", text).replace("\t", " ").split("\n")
    whole = "\n".join(_one_line(line) for line in lines).strip("\n")
    whole = re.sub(r"\n{3,}", "\n\n", whole)
    _refuse(whole, limit, _CONTROL_TEXT, breaks="\n")
    return whole


def _one_line(text: str) -> str:
    """NFC, trimmed (joiners and direction marks too), spaces of all widths made one plain space."""
    if _is_plain(text):
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", text)
    joined = re.sub(r"[^\S\t-\r\x1c-\x1f\x85\u2028\u2029]+", " ", composed)
    return _trim(joined, lambda character: character.isspace() or character in _JOINERS + _DIRECTION_MARKS)


def _is_plain(text: str) -> bool:
    """Space to tilde alone: the shorter way for what most people type, with nothing in it that could deceive."""
    return text.isascii() and text.isprintable()


def _trim(text: str, off: Callable[[str], bool]) -> str:
    start, end = 0, len(text)
    while start < end and off(text[start]):
        start += 1
    while end > start and off(text[end - 1]):
        end -= 1
    return text[start:end]


def _refuse(text: str, limit: int, control: str, breaks: str = "") -> None:
    if len(text) > limit:
        raise Unfit(_LONG, {"limit": limit})
    if _is_plain(text):
        return
    if any(unicodedata.category(character) == "Cc" and character not in breaks for character in text):
        raise Unfit(control)
    if _DIRECTION_CHANGES.search(text):
        raise Unfit(_DIRECTION)
    shown = _REGION_FLAG.sub("", text)
    if _BLANKS.search(shown) or _LONE_SELECTOR.search(shown) or any(map(_is_unseen, shown)):
        raise Unfit(_UNSEEN)
    if _longest_run_of_marks(text) > _MARKS_IN_A_ROW:
        raise Unfit(_MARKS)


def _refuse_addresses(text: str) -> None:
    found = _DOMAIN.finditer(text)
    if _LINK.search(text) or any((one["label"] or "").lower() not in _SHORTENED for one in found):
        raise Unfit(_ADDRESS)


def _refuse_links(name: str) -> None:
    """Stricter than for lines: nothing that a mail program might turn into a link."""
    _refuse_addresses(name)
    if _AT.search(name) or _DOT.search(name):
        raise Unfit(_ADDRESS)
    if any(_is_domain(label, ending) for label, ending in _DOTTED.findall(name)):
        raise Unfit(_ADDRESS)


def _is_domain(label: str, ending: str) -> bool:
    """Without a space behind the dot. "J.Page" and "Ma.An" are initials and names, "x.ai" and "EVIL.DE" not."""
    small = ending.lower()
    if label.lower() in _SHORTENED:
        return False
    if small in _ENDINGS or small.startswith("xn--"):
        return len(label) > 1 or not ending.istitle() or small in ("com", "net", "org")
    if len(label) == 1 and small in _FIRST_WORDS:
        return False
    even = ending.islower() or (ending.isupper() and label in (label.upper(), label.lower()))
    return even and re.fullmatch(_COUNTRIES, small) is not None


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN_KINDS
        and character not in _JOINERS
        and not _is_later_ideograph(character)
    )


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") or _is_later_ideograph(character)


def _is_later_ideograph(character: str) -> bool:
    """Unassigned for this Python, but planes 2 and 3 are kept for Han: rare characters of names."""
    place = ord(character)
    return (
        0x20000 <= place <= 0x3FFFD and place & 0xFFFF <= 0xFFFD and unicodedata.category(character) == "Cn"
    )


def _longest_run_of_marks(text: str) -> int:
    """Marks that stack (Mn, Me); spacing ones (Burmese, Indian vowels) and joiners don't."""
    longest = run = 0
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me"}:
            run += 1
            longest = max(longest, run)
        elif character not in _JOINERS:
            run = 0
    return longest
