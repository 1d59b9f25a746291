"""A letter as bytes (RFC 5322, 2045–2047). By hand: the standard library takes longer than all the rest of a letter.

No value can start a header of its own: each passes `one_line`, addresses are refused where they are not one.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from binascii import b2a_qp
from email.header import Header
from email.utils import formatdate, quote

from petitions import addresses

_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BAD = frozenset({"Cc", "Cs", "Zl", "Zp"})
_NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]")  # outside of RFC 5322's atoms


def one_line(text: str) -> str:
    """Text fit for a header: no control, line-breaking, direction-changing or broken character."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if unicodedata.category(c) in _BAD or c in _DIRECTION else c for c in text)
    return " ".join("".join(kept).split())


def envelope(address: str) -> str:
    """One plain address as SMTP takes it, the domain in ASCII. Raises ValueError: it is none."""
    user, _, domain = address.rpartition("@")
    if not (user and domain) or address != one_line(address) or re.search(r"[\s<>,;:\"()\[\]\\]", address):
        raise ValueError("not an e-mail address")
    if domain.isascii():
        return address
    try:
        return addresses.with_ascii_domain(address)
    except addresses.AddressError as error:
        raise ValueError("not an e-mail address") from error


def mailbox(address: str, name: str) -> str:
    """`Name <address>` as a header has it."""
    name = one_line(name)
    if not name:
        return address
    if not name.isascii():
        return f"{_encoded(name)} <{address}>"
    return f'"{quote(name)}" <{address}>' if _NEEDS_QUOTES.search(name) else f"{name} <{address}>"


def unstructured(name: str, text: str) -> str:
    """A header of free text: encoded where it is not ASCII, folded."""
    text = one_line(text)
    if text.isascii() and "=?" not in text and len(name) + len(text) < 76:
        return text
    return _encoded(text, name)


def alternative(headers: dict[str, str], text: str, html: str, boundary: str) -> bytes:
    """A multipart/alternative of these headers, ready for SMTP. `boundary` must not occur in the parts."""
    fixed = {
        **headers,
        "Date": formatdate(),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fixed.items()).encode()
    line = f"\r\n--{boundary}".encode()
    parts = (line + b"\r\n" + _part(kind, body) for kind, body in (("plain", text), ("html", html)))
    return head + b"".join(parts) + line + b"--\r\n"


def _encoded(text: str, name: str = "From") -> str:
    return Header(text, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")


def _part(kind: str, body: str) -> bytes:
    """Quoted-printable where that stays readable, base64 else."""
    data = re.sub(r"\r\n?", "\n", body).encode()
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if len(data) < 1.2 * len(body):
        return head.encode() + b"quoted-printable\r\n\r\n" + b2a_qp(data).replace(b"\n", b"\r\n")
    coded = b64encode(data.replace(b"\n", b"\r\n"))
    lines = (coded[i : i + 76] for i in range(0, len(coded), 76))
    return head.encode() + b"base64\r\n\r\n" + b"\r\n".join(lines)
