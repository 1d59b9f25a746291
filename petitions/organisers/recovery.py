"""Recovery codes: ten to keep on paper, each good once, for whom the app or the passkey is lost."""

from __future__ import annotations

import hmac
import secrets
from uuid import UUID

from petitions.site import Site

MANY = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none of which is taken for another
_LENGTH = 10  # 49 bits


def make() -> list[str]:
    """New codes, as people read them: "k3m9w-x7pqr"."""
    codes = ("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(MANY))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def digest(site: Site, organiser_id: UUID, typed: str) -> bytes:
    """What is stored of a code, however its groups and letters are typed."""
    code = "".join(letter for letter in typed.lower() if letter.isalnum())
    text = b"recovery code\0" + organiser_id.bytes + code.encode()
    return hmac.digest(site.settings.address_key, text, "sha256")
