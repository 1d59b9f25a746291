"""An authenticator in software, and the browser before it: makes passkeys and shows them (WebAuthn §6)."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey. `counts`: whether it counts its uses."""

    def __init__(self, *, counts: bool = True) -> None:
        self.id = secrets.token_bytes(32)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0 if not counts else 1
        self._counts = counts

    def create(self, options: dict[str, Any], **over: Any) -> str:
        """What navigator.credentials.create answers. `over`: origin, host, verified."""
        public = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}  # COSE, RFC 9053
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(key)
        data = self._data(over.get("host", options["rp"]["id"]), over, ATTESTED) + attested
        response = {
            "clientDataJSON": _client("webauthn.create", options, over),
            "attestationObject": _text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._answer(response)

    def get(self, options: dict[str, Any], **over: Any) -> str:
        """What navigator.credentials.get answers."""
        if self._counts and over.pop("counting", True):
            self.count += 1
        data = self._data(over.get("host", options["rpId"]), over)
        client = _client("webauthn.get", options, over)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": client, "authenticatorData": _text(data), "signature": _text(signature)}
        )

    def _data(self, host: str, over: dict[str, Any], more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if over.get("verified", True) else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _answer(self, response: dict[str, Any]) -> str:
        id = _text(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})


def _client(kind: str, options: dict[str, Any], over: dict[str, Any]) -> str:
    origin = over.get("origin", "http://localhost:8000")
    return _text(json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin}).encode())


def _text(data: bytes) -> str:
    return bytes_to_base64url(data)
