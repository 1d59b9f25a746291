"""What a signature says, field by field: the same list on the page that asks for confirmation, in the
letter and in "my signature", so that none of them can promise something else."""

from __future__ import annotations

from typing import NamedTuple

from petitions.errors import N_
from petitions.signatures.forms import BUILT_IN, UNION_FIELDS
from petitions.storage.store import Row


class Shown(NamedTuple):
    """One field of a signature."""

    name: str
    label: str
    value: str
    public: bool
    personal_capacity: bool  # shown with "(personal capacity)" wherever it is public
    own: bool = False  # the label is the campaign's, not ours to translate
    ticked: bool = False  # the value is our word for a ticked box, to be translated
    read_first: bool = False  # public once an organiser has approved it


def shown(statement: Row, signature: Row) -> list[Shown]:
    """Every field that the person gave, marking what is (or will be) public."""
    by_name = _by_name(signature)
    rows = [
        Shown("name", N_("Name"), signature.name, by_name, False),
        Shown("email", N_("E-mail"), signature.email, False, False),
    ]
    answers = signature.answers or {}
    given = [item for item in statement.fields if answers.get(item["name"])]
    return rows + [_shown(statement, signature, item, answers[item["name"]]) for item in given]


def _by_name(signature: Row) -> bool:
    """Organisers can take a name off the list, and what does not count is not on it."""
    set_aside = signature.unlisted or signature.state in ("held", "invalidated")
    return bool(signature.display == "name" and not set_aside)


def _shown(statement: Row, signature: Row, item: dict[str, str], value: str) -> Shown:
    name = item["name"]
    union = name in UNION_FIELDS
    public = (
        _by_name(signature)
        and name in statement.public_fields
        and name in BUILT_IN
        and name not in ("postcode", "comment")
        and (signature.display_union or not union)
    )
    own = name not in BUILT_IN
    label = item["label"] if own else BUILT_IN[name].label
    ticked = item.get("kind") == "tick"
    one = Shown(name, label, N_("yes") if ticked else value, public, union, own, ticked)
    return _as_comment(one, signature) if name == "comment" else one


def _as_comment(one: Shown, signature: Row) -> Shown:
    """With or without the name. Of an attempt nobody has judged anything yet."""
    state = getattr(signature, "comment_state", None) or "waiting"
    agreed = signature.display_comment and state != "declined"
    return one._replace(public=agreed, read_first=agreed and state == "waiting")
