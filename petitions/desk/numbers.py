"""The numbers of a statement: pictures with their tables, and each as CSV. No person is among them.

Areas and sources of fewer than three people are shown together: who knows one of them could else guess the other.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk import charts, spans
from petitions.desk.door import PRIVATE, Desk, show
from petitions.desk.spans import Span, Step
from petitions.endorsements import listing
from petitions.errors import N_, NotFound
from petitions.storage.store import Row
from petitions.tally import DAY, HOUR, LONGER, MINUTE

FEW = 3
"""People of an area or a source that is shown by itself."""
MOST_LISTED = 50
MOST_WAITING = 20_000
"""Letters of the whole site that are looked at for those of one statement."""
WITHIN = {
    MINUTE: N_("1 minute"),
    2 * MINUTE: N_("2 minutes"),
    5 * MINUTE: N_("5 minutes"),
    15 * MINUTE: N_("15 minutes"),
    HOUR: N_("1 hour"),
    6 * HOUR: N_("6 hours"),
    DAY: N_("1 day"),
    2 * DAY: N_("2 days"),
    3 * DAY: N_("3 days"),
    7 * DAY: N_("7 days"),
    14 * DAY: N_("14 days"),
    LONGER: N_("longer"),
}


@dataclass(frozen=True)
class Series:
    """Numbers by what they are, a value for each step of the span; `before`: what stood when it began."""

    span: Span
    values: Mapping[str, list[int]]
    before: Mapping[str, int]

    def of(self, what: str) -> list[int]:
        return self.values.get(what) or [0] * len(self.span.steps)

    def sum(self, what: str) -> int:
        return sum(self.of(what))

    def running(self, what: str) -> list[int]:
        """How many there were at the end of each step."""
        return list(accumulate(self.of(what), initial=self.before.get(what, 0)))[1:]

    def table(self, *columns: Sequence[int]) -> list[tuple[Any, ...]]:
        """A row a step, the newest first: its beginning, then the columns."""
        begun = [self.span.begin(step) for step in self.span.steps]
        return list(zip(begun, *columns, strict=True))[::-1]


async def numbers_page(request: Request, desk: Desk) -> Response:
    """All of them, for the time that the address asks for."""
    store, id = desk.site.store, desk.statement.id
    series = await _series(desk, request)
    times = await store.numbers.list_times(statement_id=id, since=series.span.since)
    return show(
        request,
        desk,
        "desk/numbers.html",
        span=series.span,
        ranges=spans.RANGES,
        series=series,
        columns=charts.columns,
        share=charts.share,
        counts=await store.tally.public(statement_id=id),
        apart=await store.numbers.count_apart(statement_id=id),
        rate=_rate(series),
        times=times,
        half=_within(times, 50),
        most=_within(times, 90),
        within=WITHIN,
        longer=LONGER,
        sources=await store.numbers.list_sources(statement_id=id, least=FEW, most=MOST_LISTED),
        areas=await store.numbers.list_areas(statement_id=id, least=FEW, most=MOST_LISTED),
        few=FEW,
        members=await listing.affiliated_members(desk.site, id),
        waiting=await store.numbers.letters_waiting(statement_id=id, most=MOST_WAITING),
        most_waiting=MOST_WAITING,
        zone=desk.site.settings.timezone,
    )


async def csv_file(request: Request, desk: Desk) -> Response:
    """GET …/numbers/{what}.csv: one of the tables. Raises NotFound."""
    what = request.path_params["what"]
    if what in ("sources", "areas", "times"):
        header, rows = await _listed(request, desk, what)
    elif what in _TABLES:
        series = await _series(desk, request)
        header, rows = ("from", *_TABLES[what]), _rows(series, what)
    else:
        raise NotFound
    name = f"{desk.statement.slug}-{what}.csv"
    told = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_csv(header, rows), media_type="text/csv; charset=utf-8", headers=told)


_TABLES = {
    "signatures": ("confirmed", "net", "total"),
    "attempts": ("attempts", "confirmed"),
    "organisations": ("net", "total"),
    "letters": ("sent", "failed", "dropped"),
}


def _rows(series: Series, what: str) -> list[tuple[Any, ...]]:
    of = series.of
    columns: dict[str, list[list[int]]] = {
        "signatures": [of("confirmed"), of("people"), series.running("people")],
        "attempts": [of("attempts"), of("confirmed")],
        "organisations": [of("organisations"), series.running("organisations")],
        "letters": [of("sent"), of("failed"), of("dropped")],
    }
    return series.table(*columns[what])


async def _listed(request: Request, desk: Desk, what: str) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    store, id = desk.site.store, desk.statement.id
    if what == "times":
        since = (await _span(desk, request)).since
        times = await store.numbers.list_times(statement_id=id, since=since)
        return ("within_seconds", "people"), [
            ("longer" if row.within == LONGER else row.within, row.value) for row in times
        ]
    found = await (store.numbers.list_sources if what == "sources" else store.numbers.list_areas)(
        statement_id=id, least=FEW, most=MOST_LISTED
    )
    column = what.removesuffix("s")
    return (column, "people"), [
        ("(others)" if row[column] is None else row[column], row.value) for row in found
    ]


async def _span(desk: Desk, request: Request) -> Span:
    """What `?range=` asks for; without, the last hours of an open statement, else everything."""
    asked = request.query_params.get("range", "")
    name = asked if asked in spans.RANGES else "hours" if desk.statement.is_open else "all"
    first = await desk.site.store.numbers.find_first(statement_id=desk.statement.id)
    return spans.span(name, ZoneInfo(desk.site.settings.timezone), first, datetime.now(UTC))


async def _series(desk: Desk, request: Request) -> Series:
    span, store, id = await _span(desk, request), desk.site.store, desk.statement.id
    rows = await store.numbers.list_series(
        statement_id=id, since=span.since, unit=span.unit, zone=desk.site.settings.timezone
    )
    before = await store.numbers.list_before(statement_id=id, since=span.since)
    return Series(span, _by_step(span, rows), {row.what: row.value for row in before})


def _by_step(span: Span, rows: Iterable[Row]) -> dict[str, list[int]]:
    places: dict[Step, int] = {step: nth for nth, step in enumerate(span.steps)}
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(span.steps))
    for row in rows:
        # What the database's clock puts after ours belongs to the last step.
        place = places.get(row.hour or row.day, len(span.steps) - 1)
        found[row.what][place] += row.value
    return dict(found)


def _rate(series: Series) -> float | None:
    """Those who confirmed among those who were written to; None where more confirmed, of earlier letters."""
    attempts, confirmed = series.sum("attempts"), series.sum("confirmed")
    return confirmed / attempts if attempts and confirmed <= attempts else None


def _within(times: Sequence[Row], percent: int) -> int | None:
    """The first step below which so many of a hundred confirmed; None: nobody did."""
    total = sum(row.value for row in times)
    reached = accumulate(row.value for row in times)
    return next(
        (row.within for row, sum in zip(times, reached, strict=True) if 100 * sum >= percent * total), None
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return file.getvalue()


def _plain(cell: Any) -> Any:
    """As a spreadsheet takes it: times with their offset; no text becomes a formula."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@") else cell
