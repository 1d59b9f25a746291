"""The rule of an invalidation: which signatures it is about. Conditions on address domain, network, name, source and
time of confirmation; all that are given have to hold. The database's function `ruled` reads it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from petitions import addresses
from petitions.addresses import AddressError
from petitions.errors import N_
from petitions.forms import Problem, Unfit
from petitions.questions import Field, judge

FIELDS = (
    Field(
        "domain",
        N_("Domain of the e-mail address"),
        hint=N_("What stands after the @, exactly, such as example.org"),
    ),
    Field(
        "network",
        N_("Internet address or network"),
        hint=N_(
            "Such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48; known whole for 30 days, later as /24 or /48"
        ),
    ),
    Field("name", N_("Part of the name"), hint=N_("Case and accents do not matter")),
    Field("source", N_("Source"), hint=N_("The code of the link that led to the form (?from=)")),
    Field("from", N_("Confirmed from"), hint=N_("Day and time, such as 2026-05-03 14:00")),
    Field("to", N_("Confirmed before"), hint=N_("Day and time, such as 2026-05-03 16:00")),
)
NAMES = frozenset(one.name for one in FIELDS)
REASON = Field(
    "reason",
    N_("Reason"),
    kind="long",
    required=True,
    limit=2000,
    hint=N_(
        "Everybody can read it on the statement’s page, with the number of signatures. Name nobody in it."
    ),
    missing=N_("Say why: everybody who is taken out is told, and the correction is public."),
)

_DOMAIN = N_("Write a domain such as example.org.")
_NETWORK = N_("Write an internet address such as 192.0.2.7, or a network such as 192.0.2.0/24.")
_WIDE = N_("This network is too wide: at least /8, or /19 for IPv6.")
_NAME = N_("Write at least two letters of the name.")
_TIME = N_("Write day and time like 2026-05-03 14:00.")
_ORDER = N_("The end has to come after the beginning.")
_NOTHING = N_("Give at least one condition: a rule without any would be about everybody.")
_WHEN = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?)?", re.ASCII)


@dataclass
class RuleForm:
    """The rule as typed, with its problems; `rule` once there are none: as invalidations.rule keeps it."""

    fields: list[Field]
    problems: list[Problem] = field(default_factory=list)
    rule: dict[str, Any] = field(default_factory=dict)


def blank(source: str = "") -> RuleForm:
    """The form as it is first shown."""
    return RuleForm([one._replace(value=source if one.name == "source" else "") for one in FIELDS])


def read(typed: Mapping[str, str], timezone: str) -> RuleForm:
    """Judge what was typed; times are the site's."""
    form, found = RuleForm([]), {}
    for one in FIELDS:
        one, value = _judged(one, typed, ZoneInfo(timezone))
        form.fields.append(one)
        if one.problem:
            form.problems.append(one.problem)
        elif value:
            found.update(value)
    if not form.problems and "from" in found and "to" in found and found["from"] >= found["to"]:
        _wrong(form, "to", _ORDER)
    if not found and not form.problems:
        form.problems.append(Problem("domain", _NOTHING))
    return form if form.problems else replace(form, rule=found)


def kinds(rule: Mapping[str, Any]) -> list[str]:
    """What sorts of conditions it has: for the audit, which holds no values."""
    return sorted("domain" if name == "domains" else name for name in rule)


def _wrong(form: RuleForm, name: str, sentence: str) -> None:
    problem = Problem(name, sentence)
    form.problems.append(problem)
    form.fields = [one._replace(problem=problem) if one.name == name else one for one in form.fields]


def _judged(one: Field, typed: Mapping[str, str], zone: ZoneInfo) -> tuple[Field, dict[str, Any] | None]:
    text = typed.get(one.name, "").strip()
    one = one._replace(value=typed.get(one.name, ""))
    if not text:
        return one, None
    try:
        match one.name:
            case "domain":
                return one, {"domains": _domains(text)}
            case "network":
                return one, {"network": _network(text)}
            case "from" | "to":
                return one, {one.name: _time(text, zone)}
    except Unfit as unfit:
        return one._replace(problem=Problem(one.name, unfit.sentence, unfit.values)), None
    one, value = judge(one, {one.name: text})
    if one.name == "name" and value is not None and len(re.findall(r"[^\W_]", value)) < 2:
        return one._replace(problem=Problem(one.name, _NAME)), None
    return one, {one.name: value} if value else None


def _domains(text: str) -> list[str]:
    """Both spellings of it, lower case: an address is kept as typed."""
    try:
        address = addresses.check(f"x@{text.removeprefix('@')}")
    except AddressError:
        raise Unfit(_DOMAIN) from None
    both = (address, addresses.with_ascii_domain(address))
    return sorted({one.rpartition("@")[2].lower() for one in both})


def _network(text: str) -> str:
    """Raises Unfit. Registries give out nothing wider than /8 and /19."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Unfit(_NETWORK) from None
    if "%" in str(network):
        raise Unfit(_NETWORK)
    if network.prefixlen < (8 if network.version == 4 else 19):
        raise Unfit(_WIDE)
    return str(network)


def _time(text: str, zone: ZoneInfo) -> str:
    found = _WHEN.fullmatch(text)
    if found is None:
        raise Unfit(_TIME)
    try:
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        moment = datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        raise Unfit(_TIME) from None
    if not 2000 <= moment.year < 2200:
        raise Unfit(_TIME)
    return moment.astimezone(ZoneInfo("UTC")).isoformat()
