"""Parsers of setting values. Each raises ValueError that says what is allowed, to follow “NAME must be”."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from petitions.translations import LANGUAGES, PSEUDO

SHORTEST_SECRET = 32  # characters
TLS = ("none", "starttls", "tls")


def is_loopback(host: str) -> bool:
    """Whether a host name or address without port is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def database_url(text: str) -> str:
    parts = _split(text)
    if text and (parts.scheme not in ("postgresql", "postgres") or len(parts.path) < 2):
        raise ValueError("empty, or an address such as postgresql://user:password@host/database")
    return text


def smtp_url(text: str) -> str:
    if not text:
        return text
    parts = _split(text)
    query = parse_qs(parts.query, keep_blank_values=True)
    good = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.path in ("", "/")
    if not good or set(query) - {"tls"} or query.get("tls", ["none"])[-1] not in TLS:
        raise ValueError(
            "empty, or an address such as smtp://user:password@host:587?tls=starttls "
            "(tls: none, starttls, tls)"
        )
    return text


def base_url(text: str) -> str:
    parts = _split(text)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if text and not (parts.scheme in ("http", "https") and parts.hostname and bare):
        raise ValueError("an address such as https://petitions.example.org, without a path")
    return f"{parts.scheme}://{parts.netloc.lower()}" if text else ""


def host(text: str) -> str:
    if text != "localhost":
        try:
            ip_address(text)
        except ValueError:
            raise ValueError("an address of this machine such as 127.0.0.1, 0.0.0.0 or ::") from None
    return text


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(
            "addresses or networks such as 10.0.0.1, 192.0.2.0/24, with commas between"
        ) from None


def secrets(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",")) if text else ()
    if any(len(part) < SHORTEST_SECRET for part in found):
        raise ValueError(f"secrets of {SHORTEST_SECRET} characters or more, separated by commas")
    return found


def address_key(text: str) -> bytes:
    if text and len(text) < SHORTEST_SECRET:
        raise ValueError(f"a secret of {SHORTEST_SECRET} characters or more")
    return text.encode()


def metrics_token(text: str) -> str:
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise ValueError("16 to 200 characters without spaces, none outside ASCII")
    return text


def mail_from(text: str) -> str:
    if text and not re.fullmatch(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+", text):
        raise ValueError("one e-mail address such as petitions@example.org")
    return text


def language(text: str) -> str:
    if text not in (*LANGUAGES, PSEUDO):
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return text


def timezone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("a time zone such as UTC or Europe/London") from None
    return text


def folder(text: str) -> Path:
    if "\0" in text:
        raise ValueError("the path of a folder")
    return Path(text)


def one_of(*allowed: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return parse


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number between the two, in plain digits."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return parse


def rate(least: float, most: float) -> Callable[[str], float]:
    """A decimal number between the two."""

    def parse(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or not least <= float(text) <= most:
            raise ValueError(f"a number from {least} to {most}")
        return float(text)

    return parse


def _split(text: str) -> SplitResult:
    """Like urlsplit; an unreadable address or port gives an empty result, which every caller refuses."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts if not re.search(r"[\s\x00-\x1f]", text) else urlsplit("")
