"""The demonstration's model motion, and three bodies that put it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from petitions.motions import actions as motions
from petitions.motions import forms, submissions
from petitions.motions.files import parse
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row

MOTION = Path(__file__).with_name("motion.md")


class Plan(NamedTuple):
    """`meets`, `cut_off`: days from now, the second of the last day on which motions are taken."""

    name: str
    kind: str
    meets: int
    cut_off: int | None = None
    parent: str = ""
    area: str = ""
    wants: tuple[str, ...] = ()


PLANS = (
    Plan(
        "Specimen Garage Branch",
        "union branch",
        7,
        parent="Example Union of Transport Workers",
        area="Specimen-on-Sea",
        wants=("speaker", "materials"),
    ),
    Plan("Sampleton Example Trades Council", "trades council", 24, 10, area="Sampleton"),
    Plan(
        "Example Students of Sampleton College", "student union", 45, 31, area="Sampleton", wants=("speaker",)
    ),
)


async def put(site: Site, statement: Row, *, actor: str) -> None:
    """The motion, published, and the plans, announced, as a part of the caller's transaction."""
    draft = parse(MOTION.read_bytes())
    await motions.add(site, statement, draft, actor=actor)
    motion = await motions.publish(site, statement, draft.slug, actor=actor)
    act = (await statements.officers_consents(site, statement))["submit"]
    today = await submissions.today(site)
    for number, plan in enumerate(PLANS, 1):
        days = {"meets_on": plan.meets, "cut_off_on": plan.cut_off}
        typed = {
            "name": plan.name,
            "kind": plan.kind,
            "parent": plan.parent,
            "area": plan.area,
            "officer_name": f"Mover{number} Example",
            "officer_role": "Secretary",
            "officer_email": f"mover{number}@example.org",
            **{name: (today + timedelta(days=ahead)).isoformat() for name, ahead in days.items() if ahead},
            **forms.wishes(plan.wants),
        }
        form = forms.read(forms.blank(act, "", motion.body), typed, today=today)
        if form.problems:
            raise ValueError(f"the demonstration's {plan.name}: {form.problems}")
        submitted = await submissions.submit(site, statement, motion, form, ip=f"192.0.2.{100 + number}")
        row = await submissions.find(site, Key(submitted.statement_id, submitted.id))
        if row is not None:
            await submissions.confirm(site, row)
