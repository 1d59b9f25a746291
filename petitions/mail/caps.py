"""How many letters an address may get, whoever asks for them (signing.md §7)."""

from __future__ import annotations

from datetime import datetime

from petitions.site import Site


async def take(
    site: Site, address_key: bytes, purpose: str = "forms", per_day: int = 3, per_month: int = 10
) -> datetime | None:
    """Count one more letter in the caller's transaction: None where it is granted, else when one is free again.

    A day has 24 hours, a month 30 days; both by the database's clock. Purposes have caps of their own.
    """
    asked = {"address_key": address_key, "purpose": purpose, "per_day": per_day, "per_month": per_month}
    if await site.store.mail.take_letter(**asked):
        return None
    free: datetime = await site.store.mail.free_again_at(**asked)
    return free
