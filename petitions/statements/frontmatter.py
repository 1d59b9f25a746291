"""Front matter: the YAML between two lines of three hyphens at the head of a file, read with suspicion.

Values and the line each stands on; anchors, aliases and deep nesting are refused before anything is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from petitions.errors import N_, Refused

LONGEST = 20_000  # characters
DEEPEST = 4


@dataclass(frozen=True)
class FrontMatter:
    """`lines`: key → the line of the file that it stands on."""

    values: dict[str, Any]
    lines: dict[str, int]
    body: str


def split(text: str) -> FrontMatter:
    """The front matter and the text after it. Raises Refused, naming the line."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise Refused(
            N_("The file must begin with its front matter: a line “---”, then title, slug …, then “---”.")
        )
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise Refused(N_("The front matter never ends: a line “---” is missing between it and the text."))
    head = "\n".join(lines[1:end])
    if len(head) > LONGEST:
        raise Refused(N_("The front matter is too long: %(limit)s characters at most."), limit=LONGEST)
    values, places = _read(head)
    return FrontMatter(values, places, "\n".join(lines[end + 1 :]))


def _read(head: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        _refuse_tricks(head)
        node = yaml.compose(head, Loader=yaml.SafeLoader)
        places = _places(node)
        return (yaml.safe_load(head) or {}), places
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # A date that is none, a number of thousands of digits, a character that YAML does not have.
        reason = " ".join(str(error).split())[:150]
        raise Refused(N_("The front matter can't be read (%(reason)s)."), reason=reason) from error


def _refuse_tricks(head: str) -> None:
    depth = 0
    for event in yaml.parse(head, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 2 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refused(
                N_("Line %(line)s: “&” and “*” can't begin a value here; put it in quotes."), line=line
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise Refused(N_("Line %(line)s: there are too many lists within lists."), line=line)


def _places(node: yaml.Node | None) -> dict[str, int]:
    """Top-level keys and their lines. Doubles are refused everywhere: YAML would quietly take the last."""
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Refused(N_("The front matter must be lines such as “title: Fair pay for all”."))
    _refuse_doubles(node)
    return {str(key.value): key.start_mark.line + 2 for key, _ in node.value}


def _refuse_doubles(node: yaml.Node) -> None:
    if isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _refuse_doubles(one)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line = key.start_mark.line + 2
            if not isinstance(key, yaml.ScalarNode):
                raise Refused(N_("Line %(line)s: what stands before the colon must be one word."), line=line)
            if key.value in seen:
                raise Refused(
                    N_("Line %(line)s: “%(key)s” stands there twice."), line=line, key=key.value[:40]
                )
            seen.add(key.value)
            _refuse_doubles(value)


def _unreadable(error: yaml.MarkedYAMLError) -> Refused:
    mark = error.problem_mark or error.context_mark
    return Refused(
        N_(
            "Line %(line)s of the file can't be read (%(reason)s): "
            "put values with a colon, question mark, # or quotation mark in quotes."
        ),
        line=mark.line + 2 if mark else 1,
        reason=error.problem or error.context or "",
    )
