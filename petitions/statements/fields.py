"""What a statement may ask besides name and e-mail address, and the three sets that say who sees it.

Set and fields are fixed when the statement opens (privacy.md 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from petitions.errors import N_, Refused

BUILT_IN = ("town", "postcode", "country", "union", "branch", "job", "role", "comment")
PUBLIC = ("name", "town", "country", "job", "role", "union", "branch", "comment")  # what the public can see
PUBLIC_BY_DEFAULT = ("name", "role", "union", "branch")
KINDS = ("text", "choice", "tick")
MOST = 20
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Names of other inputs of the form and columns of an export.
TAKEN = {"name", "email", "website", "stamp", "from"} | {
    *("number", "confirmed-at", "version", "answers", "display", "mail", "partners", "source", "state")
}

Field = dict[str, Any]


def read(value: Any) -> list[Field]:
    """The fields of a front matter: a list of names or objects, or a mapping. Raises Refused."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = [_named(name, facts) for name, facts in value.items()]
    if not isinstance(value, list):
        raise Refused(N_("fields must be a list of names, such as [town, union]."))
    if len(value) > MOST:
        raise Refused(N_("fields: at most %(most)s can be asked."), most=MOST)
    fields = [_field(one) for one in value]
    names = [field["name"] for field in fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Refused(N_("fields: “%(name)s” stands there twice."), name=twice)
    return fields


def _named(name: Any, facts: Any) -> Any:
    if facts is None:
        return name
    if facts in ("required", "optional"):
        return {"name": name, "required": facts == "required"}
    if not isinstance(facts, Mapping) or "name" in facts:
        raise Refused(N_("fields: what stands at “%(name)s” must be “required” or an object."), name=name)
    return {"name": name, **facts}


def _field(value: Any) -> Field:
    if isinstance(value, str):
        return _built_in(value, {})
    if not isinstance(value, Mapping):
        raise Refused(N_("fields: “%(value)s” is neither a name nor an object."), value=str(value)[:40])
    facts = dict(value)
    name = facts.pop("name", None)
    if not isinstance(name, str):
        raise Refused(N_("fields: an object has no name (name: …)."))
    return _built_in(name, facts) if name in BUILT_IN else _custom(name, facts)


def _built_in(name: str, facts: dict[str, Any]) -> Field:
    if name not in BUILT_IN:
        raise Refused(
            N_(
                "fields: “%(name)s” is not one of %(known)s; "
                "a field of your own must be an object with name, label and kind."
            ),
            name=name[:40],
            known=", ".join(BUILT_IN),
        )
    _refuse_unknown(name, facts, {"required"})
    return {"name": name, "required": _required(name, facts)}


def _custom(name: str, facts: dict[str, Any]) -> Field:
    if not _SLUG.fullmatch(name) or len(name) > 40:
        raise Refused(
            N_(
                "fields: “%(name)s” can't be a field's name: take lower-case letters a–z, digits and hyphens."
            ),
            name=name[:40],
        )
    if name in TAKEN or name.startswith("consent"):
        raise Refused(
            N_("fields: the name “%(name)s” is used by the form itself: choose another."), name=name
        )
    _refuse_unknown(name, facts, {"required", "label", "kind", "choices"})
    field = {
        "name": name,
        "required": _required(name, facts),
        "label": _line(name, "label", facts.get("label"), 200),
        "kind": facts.get("kind", "text"),
    }
    if field["kind"] not in KINDS:
        raise Refused(N_("fields: the kind of “%(name)s” must be text, choice or tick."), name=name)
    if field["kind"] == "choice":
        return field | {"choices": _choices(name, facts.get("choices"))}
    if "choices" in facts:
        raise Refused(N_("fields: “%(name)s” has choices, so it needs “kind: choice”."), name=name)
    return field


def _refuse_unknown(name: str, facts: Mapping[str, Any], known: set[str]) -> None:
    for key in facts:
        if key not in known:
            raise Refused(
                N_("fields: “%(name)s” can't have “%(key)s” (only %(known)s)."),
                name=name,
                key=str(key)[:40],
                known=", ".join(sorted(known)),
            )


def _required(name: str, facts: Mapping[str, Any]) -> bool:
    required = facts.get("required", False)
    if not isinstance(required, bool):
        raise Refused(N_("fields: “required” of “%(name)s” must be true or false."), name=name)
    return required


def _choices(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not 2 <= len(value) <= 50:
        raise Refused(N_("fields: “%(name)s” needs 2 to 50 choices, as a list."), name=name)
    choices = [_line(name, "choices", one, 100) for one in value]
    if len(set(choices)) < len(choices):
        raise Refused(N_("fields: “%(name)s” has the same choice twice."), name=name)
    return choices


def _line(name: str, what: str, value: Any, limit: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(
            N_("fields: %(what)s of “%(name)s” must be words (put numbers, yes and no in quotes)."),
            what=what,
            name=name,
        )
    if len(line := value.strip()) > limit or not line.isprintable():
        raise Refused(
            N_("fields: %(what)s of “%(name)s” must be one line of at most %(limit)s characters."),
            what=what,
            name=name,
            limit=limit,
        )
    return line


def public_set(value: Any, fields: Sequence[Field]) -> list[str]:
    """What a public list may show of those who agreed; by default name, role, union and branch as asked."""
    if value is None:
        return [name for name in PUBLIC_BY_DEFAULT if name in _asked(fields, "name")]
    return _subset("public", value, [name for name in PUBLIC if name in _asked(fields, "name")])


def handover_set(value: Any, fields: Sequence[Field]) -> list[str]:
    """What the addressee gets at the hand-over: by default the name alone, never an e-mail address."""
    return ["name"] if value is None else _subset("handover", value, _asked(fields, "name"))


def export_set(value: Any, fields: Sequence[Field]) -> list[str]:
    """What organisers may take: by default all; an address only of those who agreed to letters."""
    everything = _asked(fields, "name", "email")
    return everything if value is None else _subset("export", value, everything)


def _asked(fields: Sequence[Field], *first: str) -> list[str]:
    return [*first, *(field["name"] for field in fields)]


def _subset(what: str, value: Any, allowed: Sequence[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(N_("%(what)s must be a list of names, such as [name, town]."), what=what)
    for name in value:
        if name not in allowed:
            raise Refused(
                N_("%(what)s: “%(name)s” can't stand there; this statement allows %(allowed)s."),
                what=what,
                name=name[:40],
                allowed=", ".join(allowed),
            )
    return [name for name in allowed if name in value]
