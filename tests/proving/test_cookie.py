"""The cookie of the browser that filled in the form: good for a day, by whatever machine's clock."""

from __future__ import annotations

import time

import pytest
from itsdangerous.encoding import base64_encode

from petitions.proving.cookie import ATTEMPTS
from tests import makers


@pytest.mark.parametrize(("hours", "armed"), [(0, True), (-23, True), (-25, False), (23, True), (25, False)])
async def test_an_attempt_is_remembered_for_a_day_and_never_from_another_day(site, client, hours, armed):
    statement = await makers.statement(site)
    at = int(time.time() + hours * 3600)
    entry = statement.id.bytes + bytes(16) + at.to_bytes(4)
    client.cookies.set(ATTEMPTS, site.tokens.make(ATTEMPTS, base64_encode(entry).decode()))
    page = await client.get(f"/{statement.slug}/check-your-email")
    assert ('name="code"' in page.text) is armed
