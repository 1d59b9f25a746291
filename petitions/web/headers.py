"""Security headers on every response, whoever made it."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from petitions.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SANDBOXED = "default-src 'none'; sandbox"
"""The one other policy that a view may set, stricter: for what people sent (`attachment.py`)."""
# Everything a browser could lend to a page; we want none of it. Not bluetooth and web-share: browsers without
# them complain on the console of every page.
_POWERS = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen "
    "geolocation gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer microphone "
    "midi otp-credentials payment picture-in-picture publickey-credentials-create "
    "publickey-credentials-get screen-wake-lock serial storage-access usb xr-spatial-tracking"
)
PERMISSIONS_POLICY = ", ".join(f"{power}=()" for power in _POWERS.split())
WITH_PASSKEYS = re.sub(r"(publickey-credentials-(?:create|get))=\(\)", r"\1=(self)", PERMISSIONS_POLICY)
"""The same for the organisers' desk, where passkeys are made and shown."""
DESK = "/organise"
_POLICY = b"content-security-policy"
TWO_YEARS = 63072000  # seconds, as https://hstspreload.org/ asks


class Headers:
    """Pure ASGI middleware. A view may set its own Referrer-Policy or resource policy; of CSPs only SANDBOXED."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        always = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Permissions-Policy": PERMISSIONS_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if settings.base_url.startswith("https://"):
            always["Strict-Transport-Security"] = f"max-age={TWO_YEARS}"
        # Under `no-referrer` browsers would send `Origin: null` from our own forms.
        usually = {"Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}
        self.always, self.usually = _as_sent(always), _as_sent(usually)
        self.at_the_desk = self.always | _as_sent({"Permissions-Policy": WITH_PASSKEYS})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = dict(message["headers"])
                always = self.at_the_desk if scope["path"].startswith(DESK) else self.always
                if given.get(_POLICY) == SANDBOXED.encode():
                    always = {**always, _POLICY: SANDBOXED.encode()}
                message["headers"] = [
                    *(pair for pair in message["headers"] if pair[0] not in always),
                    *always.items(),
                    *(pair for pair in self.usually.items() if pair[0] not in given),
                ]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _as_sent(headers: dict[str, str]) -> dict[bytes, bytes]:
    """Names in lower case, as ASGI has them."""
    return {name.lower().encode(): value.encode() for name, value in headers.items()}
