"""Numbers that stand in the database, the same whichever process is asked: letters, tally, jobs, backup, disk."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from petitions.errors import DatabaseGone
from petitions.site import Site, missing_steps

KEPT = 5.0  # seconds
SHARE = (
    20  # asking takes at most a twentieth of the time: with a million letters waiting it is asked less often
)
PATIENCE = 4.0  # seconds; Prometheus itself waits ten by default

Value = tuple[list[str], float]


class Measured:
    """Asked of the database at most every `keep` seconds, whoever reads; `patience`: seconds that it is given."""

    def __init__(
        self, site: Site, *, keep: float = KEPT, share: float = SHARE, patience: float = PATIENCE
    ) -> None:
        self._site = site
        self._keep, self._share, self._patience = keep, share, patience
        self._text = b""
        self._good_until = 0.0
        self._one_asks = asyncio.Lock()
        self._asking: asyncio.Task[list[Metric] | None] | None = None

    async def text(self) -> bytes:
        """In Prometheus's format. A database that is gone or too slow: that it is, and nothing else of it."""
        async with self._one_asks:
            if time.monotonic() >= self._good_until:
                began = time.monotonic()
                answered, families = await self._ask()
                took = time.monotonic() - began
                self._text = _written(families)
                self._good_until = (
                    began + took + (max(self._keep, self._share * took) if answered else self._keep)
                )
        return self._text

    async def _ask(self) -> tuple[bool, list[Metric]]:
        up = "petitions_database_up", "Whether the database answered this process."
        disk = _one(
            "petitions_disk_free_bytes", "Room where the data folder is.", disk_free(self._data_folder)
        )
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._held())
        # Who is late is left to end by itself: cutting it off waits for the very database that hangs.
        done, _ = await asyncio.wait({self._asking}, timeout=self._patience)
        families = self._asking.result() if done else None
        if families is None:
            return False, [disk, _one(*up, 0)]
        return True, [disk, _one(*up, 1), *families]

    @property
    def _data_folder(self) -> Path:
        return self._site.settings.data_folder

    async def _held(self) -> list[Metric] | None:
        """None: the database is gone."""
        try:
            async with self._site.store.held():
                return await self._measure()
        except DatabaseGone:
            return None

    async def _measure(self) -> list[Metric]:
        missing = await missing_steps(self._site)
        schema = _one("petitions_schema_up_to_date", "Whether no step of `migrate` is missing.", not missing)
        if missing:
            return [schema]
        return [schema, *await self._letters(), *await self._counts(), *await self._rest()]

    async def _letters(self) -> list[Metric]:
        waiting = await self._site.store.metrics.list_waiting()
        ended = await self._site.store.metrics.list_ended()
        return [
            _many(
                "petitions_outbox_letters",
                "Letters in the outbox; deferred: put off on purpose, until a day's or month's most is over.",
                ["kind", "state"],
                (([row.kind, row.state], row.letters) for row in waiting),
            ),
            _many(
                "petitions_outbox_oldest_seconds",
                "How long the oldest of them has been waiting.",
                ["kind", "state"],
                (([row.kind, row.state], row.oldest) for row in waiting),
            ),
            _many(
                "petitions_letters_ended_last_hour",
                "Letters sent, failed or dropped in the last hour.",
                ["kind", "state"],
                (([row.kind, row.state], row.letters) for row in ended),
            ),
        ]

    async def _counts(self) -> list[Metric]:
        store = self._site.store
        lag = await store.metrics.tally_lag()
        recent = await store.metrics.list_recent()
        counted = await store.metrics.list_counted()
        return [
            _one("petitions_tally_queue_lines", "Confirmations and withdrawals not yet counted.", lag.lines),
            _one(
                "petitions_tally_oldest_seconds", "How long the oldest of them has been waiting.", lag.oldest
            ),
            _many(
                "petitions_counted",
                "What the public counts add up to.",
                ["what"],
                (([row.what], row.value) for row in counted),
            ),
            _many(
                "petitions_attempts_recent",
                "Attempts of this clock hour and those before it: confirmed (less withdrawals), or not yet.",
                ["state", "within"],
                (
                    ([state, row.within], row[state])
                    for row in recent
                    for state in ("confirmed", "unconfirmed")
                ),
            ),
        ]

    async def _rest(self) -> list[Metric]:
        jobs = await self._site.store.jobs.list_all()
        age = await backup_age(self._site)
        troubles = await self._site.store.metrics.list_troubles()
        families: list[Metric] = [
            _many(
                "petitions_job_last_run_age_seconds",
                "How long ago a timed job was begun last.",
                ["name"],
                (([row.name], row.age) for row in jobs if row.age is not None),
            ),
            _many(
                "petitions_job_failures",
                "How many of its last runs failed, one after the other.",
                ["name"],
                (([row.name], row.failures) for row in jobs),
            ),
            _many(
                "petitions_trouble",
                "1 while the operator would be told of it by letter.",
                ["name"],
                (([row.name], float(row.lasts)) for row in troubles),
            ),
        ]
        if age is not None:
            families.append(_one("petitions_backup_age_seconds", "Age of the newest backup.", age))
        return families


def disk_free(folder: Path) -> int:
    """Bytes free where this folder is, or would be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


async def backup_age(site: Site) -> float | None:
    """Seconds since the newest backup was made; None: there never was one."""
    made = await _time(site, "backup")
    return None if made is None else (datetime.now(UTC) - made).total_seconds()


async def backup_failed(site: Site) -> bool:
    """Whether the last try came to nothing."""
    failed, made = await _time(site, "backup failed"), await _time(site, "backup")
    return failed is not None and (made is None or failed > made)


async def _time(site: Site, fact: str) -> datetime | None:
    """A fact that is a moment, in ISO 8601."""
    text = await site.store.facts.find(name=fact)
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _written(families: list[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Families(families))
    return generate_latest(registry)


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=float(value))


def _many(name: str, about: str, labels: list[str], values: Iterable[Value]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for words, value in values:
        family.add_metric(words, float(value))
    return family
