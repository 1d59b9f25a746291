"""A statement's file: what it may say, and one clear sentence for every mistake."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petitions.errors import Refused
from petitions.statements import files
from petitions.statements.files import Draft, parse

SCLV = Path(__file__).parents[3] / "shared" / "data" / "statement-sclv.md"


def file(
    front: str = "", text: str = "We ask for an *example*.\n", head: str = "title: Example\nslug: example\n"
) -> str:
    return f"---\n{head}{front}---\n\n{text}"


def refused(data: bytes | str) -> str:
    with pytest.raises(Refused) as caught:
        parse(data)
    sentence = caught.value.sentence
    assert "\n" not in sentence
    assert sentence.endswith((".", ")"))
    return sentence


def test_the_campaigns_own_file_is_taken_as_it_is():
    if not SCLV.exists():
        pytest.skip("the campaign's own file is not beside this checkout")
    draft = parse(SCLV.read_bytes())
    assert draft.title == "Socialist Campaign for a Labour Victory"
    assert draft.slug == "labour-victory"
    assert draft.kind == "campaign statement"
    assert draft.addressed_to == "The Labour Party and the trade unions"
    assert draft.goal == 1000
    assert [field["name"] for field in draft.fields] == ["town", "union", "branch", "role"]
    assert draft.body.startswith("Another Tory government")
    assert draft.body.endswith("get involved!")


def test_little_is_enough():
    draft = parse(file())
    assert (draft.title, draft.slug, draft.kind, draft.body) == (
        "Example",
        "example",
        "petition",
        "We ask for an *example*.",
    )
    assert (draft.public, draft.handover, draft.export) == (["name"], ["name"], ["name", "email"])
    assert draft.given == {"title", "slug"}


def test_everything_can_be_said():
    draft = parse(
        file(
            """\
kind: open letter
addressed_to: The Example Council
goal: 5_000
language: de
closes: 2030-05-31
fields:
  - town
  - {name: union, required: true}
  - {name: rides, label: "How often do you ride?", kind: choice, choices: [Daily, Never], required: false}
  - {name: helps, label: I can help, kind: tick}
public: [name, town, union]
handover: [name, town, rides]
export: [name, union]
"""
        )
    )
    assert draft.goal == 5000
    assert draft.language == "de"
    assert draft.closes == date(2030, 5, 31)
    assert draft.fields == [
        {"name": "town", "required": False},
        {"name": "union", "required": True},
        {
            "name": "rides",
            "required": False,
            "label": "How often do you ride?",
            "kind": "choice",
            "choices": ["Daily", "Never"],
        },
        {"name": "helps", "required": False, "label": "I can help", "kind": "tick"},
    ]
    assert draft.handover == ["name", "town", "rides"]
    assert draft.export == ["name", "union"]


def test_fields_can_be_a_mapping():
    draft = parse(file("fields:\n  town:\n  postcode: required\n  shift: {label: Your shift}\n"))
    assert [(one["name"], one["required"]) for one in draft.fields] == [
        ("town", False),
        ("postcode", True),
        ("shift", False),
    ]


def test_a_closing_time_keeps_its_zone():
    assert parse(file("closes: 2030-05-31 18:00:00+02:00\n")).closes == datetime(2030, 5, 31, 16, tzinfo=UTC)


def test_a_date_in_quotes_is_a_date():
    assert parse(file("closes: '2030-05-31'\n")).closes == date(2030, 5, 31)


def test_union_role_and_branch_are_public_only_beside_a_name_and_never_by_default_handed_over():
    draft = parse(file("fields: [role, union, branch, town]\n"))
    assert draft.public == ["name", "role", "union", "branch"]
    assert draft.handover == ["name"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("\ufeff" + file(), id="a byte order mark"),
        pytest.param(file().replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(file().replace("\n", "\r"), id="line ends of old Macs"),
        pytest.param(file().replace("---\n", "---  \n"), id="spaces after the hyphens"),
    ],
)
def test_what_editors_do_to_files_is_forgiven(data):
    assert parse(data.encode()) == parse(file())


MISTAKES = {
    "": "front matter",
    "# Just a text\n": "front matter",
    "---\ntitle: Example\n": "never ends",
    "---\n---\n\ntext": "no title",
    "---\ntitle: Example\n---\n\ntext": "no slug",
    "---\n- title\n---\ntext": "lines such as",
    "---\njust words\n---\ntext": "lines such as",
    file(text="  \n\n"): "no text",
    file("gaol: 10\n"): "Line 4: “gaol” is not known",
    file("title: Again\n"): "Line 4: “title” stands there twice",
    file("goal: many\n"): "Line 4: goal must be a whole number",
    file("goal: 0\n"): "Line 4: goal",
    file("goal: -1\n"): "Line 4: goal",
    file("goal: true\n"): "Line 4: goal",
    file("goal: 1.5\n"): "Line 4: goal",
    file("goal: " + "9" * 5000 + "\n"): "can't be read",
    file("kind: poem\n"): "Line 4: kind must be petition",
    file("language: no\n"): "Line 4: language",
    file("language: xx\n"): "Line 4: language must be one of",
    file("closes: tomorrow\n"): "Line 4: closes must be a date",
    file("closes: 2030-02-31\n"): "can't be read",
    file("closes: 9999-12-31\n"): "Line 4: closes must be a date",
    file("closes: 0001-01-01 00:00:00+14:00\n"): "Line 4: closes must be a date",
    file("addressed_to: 2030-01-01\n"): "Line 4: addressed_to must be words",
    file("addressed_to: " + "x" * 201 + "\n"): "1 to 200 characters",
    file(head="title: 2030\nslug: example\n"): "Line 2: title must be words",
    file(head="title: [a, b]\nslug: example\n"): "Line 2: title must be words",
    file(head="title: ''\nslug: example\n"): "Line 2: title must be one line",
    file(head=f"title: {'x' * 201}\nslug: example\n"): "Line 2: title must be one line of 1 to 200",
    file(head="title: Fair pay: now\nslug: example\n"): "Line 2 of the file can't be read",
    file(head="title: Example\nslug: Fair Pay\n"): "Line 3: The slug “Fair Pay” can't be used",
    file(head="title: Example\nslug: confirm\n"): "Line 3: The slug “confirm” is kept",
    file(head="title: Example\nslug: 12\n"): "Line 3: slug must be a word",
    file(head=f"title: Example\nslug: {'x' * 81}\n"): "Line 3: The slug is too long",
    file("fields: town\n"): "Line 4: fields must be a list",
    file("fields: [shoe]\n"): "“shoe” is not one of town",
    file("fields: [town, town]\n"): "“town” stands there twice",
    file("fields: [1]\n"): "“1” is neither",
    file("fields: [{label: x}]\n"): "has no name",
    file("fields: [{name: Shoe Size, label: x}]\n"): "can't be a field's name",
    file("fields: [{name: email, label: x}]\n"): "used by the form itself",
    file("fields: [{name: consent-mail, label: x}]\n"): "used by the form itself",
    file("fields: [{name: shoe}]\n"): "label of “shoe” must be words",
    file("fields: [{name: shoe, label: x, kind: number}]\n"): "must be text, choice or tick",
    file("fields: [{name: shoe, label: x, kind: choice}]\n"): "needs 2 to 50 choices",
    file("fields: [{name: shoe, label: x, kind: choice, choices: [a, a]}]\n"): "same choice twice",
    file(
        "fields: [{name: shoe, label: x, kind: choice, choices: [yes, no]}]\n"
    ): "put numbers, yes and no in quotes",
    file("fields: [{name: shoe, label: x, choices: [a, b]}]\n"): "kind: choice",
    file("fields: [{name: shoe, label: x, colour: red}]\n"): "can't have “colour”",
    file("fields: [{name: town, label: x}]\n"): "can't have “label”",
    file("fields: [{name: town, required: often}]\n"): "must be true or false",
    file("fields: {town: perhaps}\n"): "“required” or an object",
    file(f"fields: [{', '.join(f'{{name: f{n}, label: x}}' for n in range(21))}]\n"): "at most 20",
    file("public: [postcode]\n"): "Line 4: public: “postcode” can't stand there",
    file("public: [town]\n"): "Line 4: public: “town” can't",
    file("fields: [postcode]\npublic: [postcode]\n"): "public: “postcode” can't",
    file("public: name\n"): "public must be a list",
    file("handover: [email]\n"): "handover: “email” can't",
    file("export: [postcode]\n"): "export: “postcode” can't",
    file("kind: &x petition\n"): "Line 4: “&” and “*”",
    file("kind: *x\n"): "Line 4: “&” and “*”",
    file("kind: !!python/object:os.system x\n"): "Line 4 of the file can't be read",
    file("fields: [[[[[town]]]]]\n"): "too many lists",
    file("? [a]\n: b\n"): "must be one word",
    file("goal: 'x\n"): "can't be read",
    file("\tgoal: 1\n"): "can't be read",
    file(text="x" * 100_001): "text is too long",
    file("# " + "x" * 20_001 + "\n"): "front matter is too long",
    file(text="line\nwith \x07 bell"): "Line 7 holds a control character",
}


@pytest.mark.parametrize("data", MISTAKES, ids=lambda data: repr(data[-40:]))
def test_every_mistake_is_one_sentence_that_says_where(data):
    assert MISTAKES[data] in refused(data)


def test_bytes_that_are_not_utf8_are_named_by_their_line():
    assert "Line 3 is not UTF-8" in refused(b"---\ntitle: Example\nslug: ex\xe4mple\n---\ntext")


def test_a_huge_file_is_refused_before_it_is_read():
    assert "too large" in refused(b"x" * 1_000_001)


def test_a_yaml_bomb_does_nothing():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    assert "“&” and “*”" in refused(file(bomb))


words = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), words, st.builds(file, front=words, text=words)))
def test_nothing_but_a_draft_or_a_sentence_comes_back(data):
    with suppress(Refused):
        assert isinstance(parse(data), Draft)


yaml_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words, st.dates()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["title", "slug", "kind", "goal", "fields", "public", "handover", "export", "closes"]),
    yaml_like,
)
def test_a_value_of_any_type_is_taken_or_refused(key, value):
    import yaml

    front = yaml.safe_dump({"title": "Example", "slug": "example", key: value}, allow_unicode=True)
    with suppress(Refused):
        assert isinstance(parse(f"---\n{front}---\n\ntext"), Draft)


def test_the_docs_tell_every_key_and_their_example_is_right():
    text = (Path(__file__).parents[2] / "docs" / "statements.md").read_text()
    example = text.split("```markdown\n")[1].split("```")[0]
    draft = parse(example)
    assert (draft.slug, draft.goal, [one["name"] for one in draft.fields]) == (
        "fair-pay",
        1000,
        ["town", "union", "shift"],
    )
    told = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert told == draft.given == set(files._READERS)
