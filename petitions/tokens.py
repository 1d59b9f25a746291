"""Tokens: what a link carries. Signed, one purpose, dated; never a secret's name or a person's."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from petitions.errors import TokenExpired, TokenInvalid

LONGEST = 500  # characters; a longer one is refused unread


class Tokens:
    """`secrets`: the last signs, all verify (key rotation as itsdangerous has it)."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = list(secrets)

    def make(self, purpose: str, value: str) -> str:
        """A token that says `value`, good for this purpose alone."""
        return self._serializer(purpose).dumps(value)

    def read(self, purpose: str, token: str, *, max_age: int) -> str:
        """The value. `max_age` in seconds. Raises TokenExpired, TokenInvalid."""
        if len(token) > LONGEST:
            raise TokenInvalid
        try:
            value = self._serializer(purpose).loads(token, max_age=max_age)
        except SignatureExpired as error:
            raise TokenExpired from error
        except (BadSignature, ValueError) as error:
            raise TokenInvalid from error
        if not isinstance(value, str):
            raise TokenInvalid
        return value

    def digest(self, purpose: str, value: str) -> bytes:
        """A keyed digest under the signing secret, 32 bytes (codes; never a lasting key)."""
        return hmac.digest(self._secrets[-1].encode(), f"{purpose}\0{value}".encode(), "sha256")

    def digests(self, purpose: str, value: str) -> list[bytes]:
        """`digest` under every secret still in force, the newest first."""
        text = f"{purpose}\0{value}".encode()
        return [hmac.digest(secret.encode(), text, "sha256") for secret in reversed(self._secrets)]

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secrets,
            salt=f"petitions.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )


def pack(*ids: UUID) -> str:
    """Ids as one short text, for a token."""
    return base64_encode(b"".join(one.bytes for one in ids)).decode()


def unpack(text: str) -> list[UUID]:
    """The ids of `pack`. Raises TokenInvalid."""
    try:
        data = base64_decode(text)
    except Exception as error:  # itsdangerous raises BadData; a foreign text may fail anywhere in it
        raise TokenInvalid from error
    if not data or len(data) % 16:
        raise TokenInvalid
    return [UUID(bytes=data[i : i + 16]) for i in range(0, len(data), 16)]
