"""DKIM (RFC 6376, 8463): the public key that the provider's signature is checked with."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence

from petitions.mail.findings import Finding
from petitions.mail.senders.records import NotKnown, Records
from petitions.mail.senders.tags import tags

# Selectors can't be listed; these are what mail servers and providers take when nobody chooses.
COMMON = (
    "default", "dkim", "mail", "s1", "s2", "k1", "k2", "k3", "selector1", "selector2", "google", "fm1", "fm2", "fm3",
    "mta", "smtp", "pm", "key1", "mxvault", "protonmail", "zoho", "brevo1", "brevo2", "mailjet", "dkim1", "20230601",
)  # fmt: skip
SHORTEST, SHORT = 1024, 2048  # bits of an RSA key (RFC 8301 §3.2)


async def check(records: Records, domain: str, selectors: Sequence[str]) -> list[Finding]:
    """One line a selector that was named, else the best key of the common ones: old ones may stand beside it."""
    what = f"{domain} DKIM"
    found = await asyncio.gather(*(_key(records, domain, selector) for selector in selectors or COMMON))
    if selectors:
        add = "Add the TXT record your provider shows."
        return [
            key or Finding(what, "wrong", f"There is no key at {selector}._domainkey.{domain}. {add}")
            for selector, key in zip(selectors, found, strict=True)
        ]
    sentence = "None of the usual selectors has a key. Ask your provider for its name, then --selector NAME."
    keys = [key for key in found if key]
    return [min(keys, key=_rank, default=Finding(what, "weak", sentence))]


def _rank(key: Finding) -> int:
    return ("ok", "weak", "wrong").index(key.state)


async def _key(records: Records, domain: str, selector: str) -> Finding | None:
    what, place = f"{domain} DKIM", f"{selector}._domainkey.{domain}"
    try:
        record = await _record(records, place)
    except NotKnown as error:
        return Finding(what, "wrong", error.sentence)
    return None if record is None else _judged(what, place, record)


def _judged(what: str, place: str, record: dict[str, str]) -> Finding:
    if not record.get("p"):
        return Finding(
            what, "wrong", f"The key at {place} is revoked (p is empty). Add the provider's new one."
        )
    kind = record.get("k", "rsa").lower()
    try:
        key = base64.b64decode("".join(record["p"].split()), validate=True)
        bits = rsa_bits(key) if kind == "rsa" else len(key) * 8
    except (binascii.Error, ValueError, IndexError):
        return Finding(what, "wrong", f"The key at {place} is damaged: copy it again from your provider.")
    if kind == "rsa" and bits < SHORTEST:
        return Finding(what, "wrong", f"The key at {place} has {bits} bits: it is too short to be believed.")
    if kind == "rsa" and bits < SHORT:
        return Finding(what, "weak", f"The key at {place} has {bits} bits; {SHORT} are better.")
    if "y" in record.get("t", "").split(":"):
        return Finding(
            what, "weak", f"The key at {place} is marked as a test (t=y): others may not count it."
        )
    return Finding(what, "ok", f"A key at {place} ({kind}, {bits} bits).")


async def _record(records: Records, place: str) -> dict[str, str] | None:
    for text in await records.texts(place):
        record = tags(text)
        if "p" in record and record.get("v", "DKIM1") == "DKIM1":
            return record
    return None


def rsa_bits(der: bytes) -> int:
    """The length of the modulus in a SubjectPublicKeyInfo (RFC 5280 §4.1), or in a bare RSAPublicKey.

    Raises ValueError, IndexError: it is neither.
    """
    body = _inside(der, 0x30)
    if body[0] == 0x30:  # the algorithm; the key follows, in a bit string whose first byte is 0
        start, length = _sizes(body)
        body = _inside(_inside(body[start + length :], 0x03)[1:], 0x30)
    return int.from_bytes(_inside(body, 0x02), "big").bit_length()


def _inside(der: bytes, tag: int) -> bytes:
    if der[0] != tag:
        raise ValueError("not a key")
    start, length = _sizes(der)
    if start + length > len(der):
        raise ValueError("not a whole key")
    return der[start : start + length]


def _sizes(der: bytes) -> tuple[int, int]:
    """Where the content of a DER element begins, and its length."""
    if der[1] < 0x80:
        return 2, der[1]
    more = der[1] & 0x7F
    return 2 + more, int.from_bytes(der[2 : 2 + more], "big")
