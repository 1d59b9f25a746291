"""Tokens: what a link carries. Signed, one purpose, dated; never a secret's name or a person's."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from uuid import UUID

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode, want_bytes
from itsdangerous.signer import SigningAlgorithm

from petitions.errors import TokenExpired, TokenInvalid

LONGEST = 500  # characters; a longer one is refused unread
AHEAD = 24 * 3600  # seconds that the clock of the machine which made a token may be ahead of ours


class Tokens:
    """`secrets`: the last signs, all verify (key rotation as itsdangerous has it)."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = list(secrets)
        self._signers: dict[str, _Signer] = {}

    def make(self, purpose: str, value: str) -> str:
        """A token that says `value`, good for this purpose alone. As fit for a URL as the value is (`pack`)."""
        return self._signer(purpose).sign(value).decode()

    def read(self, purpose: str, token: str, *, max_age: int) -> str:
        """The value. `max_age` in seconds. Raises TokenExpired, TokenInvalid."""
        if len(token) > LONGEST:
            raise TokenInvalid
        try:
            value, made_at = self._signer(purpose).unsign(token, return_timestamp=True)
        except (BadSignature, ValueError) as error:
            raise TokenInvalid from error
        # Not by its own max_age: that calls a token expired which another machine's clock dates into our future.
        age = time.time() - made_at.timestamp()
        if age < -AHEAD:
            raise TokenInvalid
        if age > max_age:
            raise TokenExpired
        return value.decode()

    def digest(self, purpose: str, value: str) -> bytes:
        """A keyed digest under the signing secret, 32 bytes (codes; never a lasting key)."""
        return hmac.digest(self._secrets[-1].encode(), f"{purpose}\0{value}".encode(), "sha256")

    def digests(self, purpose: str, value: str) -> list[bytes]:
        """`digest` under every secret still in force, the newest first."""
        text = f"{purpose}\0{value}".encode()
        return [hmac.digest(secret.encode(), text, "sha256") for secret in reversed(self._secrets)]

    def _signer(self, purpose: str) -> _Signer:
        if purpose not in self._signers:
            self._signers[purpose] = _Signer(self._secrets, salt=f"petitions.{purpose}")
        return self._signers[purpose]


class _Sha256(SigningAlgorithm):
    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class _Signer(TimestampSigner):
    """itsdangerous' own, which derives each key once."""

    def __init__(self, secrets: Sequence[str], salt: str) -> None:
        super().__init__(
            secrets, salt, key_derivation="hmac", digest_method=hashlib.sha256, algorithm=_Sha256()
        )
        self._keys = {secret: super(_Signer, self).derive_key(secret) for secret in self.secret_keys}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._keys[self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)]


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
