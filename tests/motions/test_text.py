"""Choices in a motion: by kind of body, by question; what is wrong is told by its line."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petitions.endorsements.asked import LONGEST_MOTION
from petitions.errors import Refused
from petitions.markdown import to_html, to_text
from petitions.motions import files, forms, text
from petitions.motions.files import parse
from petitions.organisations import KINDS
from petitions.translations import PSEUDO, catalogue


def fill(markdown, kind="union branch", name="", day="", language="en", **choices):
    return text.fill(markdown, kind, choices, name, day=day, language=language)


WHO = (
    "[[union: members | party: voters | trades council: branches | student union: students | other: people]]"
)


def test_every_kind_of_body_belongs_to_one_group():
    grouped = [kind for kinds in text.GROUPS.values() for kind in kinds]
    assert sorted(grouped) == sorted(KINDS)
    assert set(text.THIS) <= set(KINDS)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("union branch", "members"),
        ("national union", "members"),
        ("workplace committee", "members"),
        ("constituency party", "voters"),
        ("councillors' group", "voters"),
        ("trades council", "branches"),
        ("student union", "students"),
        ("faith or community group", "people"),
        ("", "people"),
    ],
)
def test_a_choice_goes_by_the_group_of_a_kind(kind, said):
    assert fill(f"We are {WHO}.", kind) == f"We are {said}."


def test_a_kind_of_its_own_goes_before_its_group_wherever_it_stands():
    two = "[[union: all | Union  Region: regional | councillors’ group: chamber]]"
    assert fill(two, "union region") == "regional"
    assert fill(two, "union branch") == "all"
    assert fill(two, "councillors' group") == "chamber"


def test_the_last_text_without_a_label_is_for_all_others():
    assert fill("[[union: members | residents]]", "campaign") == "residents"
    assert fill("[[union: members | residents]]", "union branch") == "members"


def test_who_is_not_named_gets_nothing_and_no_gap_is_left():
    assert fill("We [[party: of the ward]] meet.", "campaign") == "We meet."
    assert fill("We meet [[party: in the ward]], all of us.", "campaign") == "We meet, all of us."
    listed = "1. one\n2. [[party: to stand]].\n3. three\n\n## [[party: Ward]]\n\n> - [[party: x]]\n\nEnd"
    assert fill(listed, "campaign") == "1. one\n2. three\n\n\n\nEnd"
    assert fill(listed, "party group") == "1. one\n2. to stand.\n3. three\n\n## Ward\n\n> - x\n\nEnd"


def test_a_numbered_list_begins_where_it_did():
    listed = "1. [[party: a]]\n2. [[party: b]]\n\n3. c\n   1. [[party: d]]\n4. e\n\n1) [[party: f]]\n\nText\n\n5. g"
    assert fill(listed, "campaign") == "\n1. c\n4. e\n\n\nText\n\n5. g"


def test_a_line_that_was_empty_before_stays():
    assert fill("- \n\n-\n\nText [[party: x]]\n", "campaign") == "- \n\n-\n\nText\n"


def test_a_choice_may_span_lines_and_be_a_list():
    many = "We:\n\n[[union:\n- strike\n- march\n| other:\n- march\n]]\n\nEnd"
    assert fill(many) == "We:\n\n- strike\n- march\n\nEnd"
    assert fill(many, "campaign") == "We:\n\n- march\n\nEnd"


def test_a_question_is_answered_by_number_and_left_open_otherwise():
    asked = "This branch [[affiliation: is affiliated to A / has no\naffiliation]]."
    assert fill(asked, affiliation="2") == "This branch has no affiliation."
    for none in ({}, {"affiliation": "0"}, {"affiliation": "3"}, {"affiliation": "١"}, {"affiliation": "x"}):
        assert to_text(fill(asked, **none)) == "This branch [is affiliated to A / has no affiliation]."
    (question,) = text.questions(asked)
    assert (question.key, question.answers) == ("affiliation", ("is affiliated to A", "has no affiliation"))


def test_a_question_may_stand_twice_in_other_words():
    asked = "We [[Party Link: are linked / are not]], so it [[party  link: goes and/or stays / ends]]."
    assert fill(asked, **{"party-link": "1"}) == "We are linked, so it goes and/or stays."
    assert [one.name for one in text.questions(asked)] == ["party link"]


def test_an_answer_may_end_with_a_bracket():
    assert fill("[[link: none / linked to [party]]]", link="2") == "linked to [party]"


def test_a_body_is_called_by_its_name_or_by_its_kind():
    said = "[[Body]] notes; [[ body ]] believes."
    assert fill(said, "union branch") == "This branch notes; this branch believes."
    assert fill(said, "company or co-op") == fill(said, "") == "This body notes; this body believes."
    assert fill(said, name="exampleton Unite") == "exampleton Unite notes; exampleton Unite believes."


def test_a_body_is_called_in_the_language_of_the_statement():
    for language in (PSEUDO, "de"):
        this = catalogue(language).gettext("this branch")
        day = catalogue(language).gettext("date of the meeting")
        assert to_text(fill("[[body]], [[date]]", language=language)) == f"{this}, [{day}]"
    assert "this" not in fill("[[body]]", language=PSEUDO)


def test_the_day_is_filled_in_or_left_open():
    assert to_text(fill("on [[date]]", day="1. Mai 2026")) == "on 1. Mai 2026"
    assert to_text(fill("on [[date]]")) == "on [date of the meeting]"


@pytest.mark.parametrize(
    "name", ["1. *Branch*", "[x](/y)", "# A", "- a", "a | b", "`a`", "<b>&amp;", "a_b_c", "\\"]
)
def test_a_name_is_never_markdown(name):
    assert to_text(fill("[[body]]\n\nand [[body]].", name=name)) == f"{name}\n\nand {name}."


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("We **[[party: stand]]** meet.", "We meet."),
        ("We _**[[party: stand]]**_ meet, ***[[party: x]]*** all.", "We meet, all."),
        ("1. ~~[[party: stand]]~~;\n2. **to [[party: stand]]**", "1. **to**"),
        ("**[[party: stand and]] march**", "**march**"),
        ("We **march**[[party: , stand]] on", "We **march** on"),
        ("2 * 3 [[party: x]] * 4", "2 * 3 * 4"),
    ],
)
def test_emphasis_of_nothing_goes_too(said, left):
    assert fill(said, "campaign") == left
    assert "stand" in fill(said, "party group") or "x" in said


def test_a_motion_may_be_called_like_a_page_of_the_site():
    assert parse("---\ntitle: A\nslug: calendar\n---\n\nText").slug == "calendar"


def test_one_limit_holds_for_a_motion_from_its_file_to_the_endorsement():
    assert files.FILLED == forms.AMENDED == LONGEST_MOTION
    assert len(parse(FRONT + "x" * 17_800 + "[[body]]" * 22).body) < files.BODY


FRONT = "---\ntitle: Example\nslug: example\n---\n\n"
WRONG = {
    "ok\n[[union: a": "Line 7: “[[” is never closed by “]]”.",
    "ok\n\na ]] b": "Line 8: “]]” closes nothing, “[[” is missing before it.",
    "[[union: a\n[[body]]\n]]": "Line 6: within “[[ … ]]” there can't be another “[[”.",
    "[[union: a\n]]\n[[what]]": "Line 8: “[[what]]” is not known.",
    "[[trades counsel: a | other: b]]": "Line 6: “trades counsel” is not a kind of body.",
    "[[union: a | b | other: c]]": "Line 6: “b” is not a kind of body.",
    "[[union: a | partei: b]]": "Line 6: “partei” is not a kind of body.",
    "[[union: a | union: b]]": "Line 6: “union” stands there twice.",
    "[[affiliation: yes]]": "Line 6: “affiliation” is not a kind of body, so it is a question,",
    "[[affiliation: yes / ]]": "Line 6: “affiliation” is not a kind of body, so it is a question,",
    "[[a_b: yes / no]]": "Line 6: “a_b” can't name a question",
    "[[q: a / b]]\n[[q: a / b / c]]": "Line 7: “q” has 2 answers on line 6, and here 3.",
    "ok\n\n--- notes ---\n\n[[union: x": "Line 10: “[[” is never closed by “]]”.",
    "ok\n--- notes ---\na\n--- Notes ---": "Line 9: the notes begin a second time.",
    "": "There is no text after the front matter.",
    "x" * 18_001: "The text is too long: 18000 characters at most.",
    "[[body]]" * 201: "Filled in for a body with a long name, the text has more than 20000 characters.",
    "ok `a\n[[body]]` b": "Line 6: in code there can be no “[[”.",
    "ok\nand `[[body]]` b": "Line 7: in code there can be no “[[”.",
    "ok\n\n```\n[[body]]\n```": "Line 8: in code there can be no “[[”.",
    "ok\n--- notes ---\n\n    [[date]]": "Line 9: in code there can be no “[[”.",
    "[[unions: a / b]]": "Line 6: “unions” is not a kind of body: “union” is.",
    "ok\n[[Trade Councils: a / b]]": "Line 7: “trade councils” is not a kind of body: “trades council” is.",
    "[[parties: a / b]]": "Line 6: “parties” is not a kind of body: “party” is.",
    "".join(f"[[q{n}: a / b]]\n" for n in range(11)): "Line 16: a motion can ask 10 questions at most.",
}


@pytest.mark.parametrize("body", WRONG, ids=lambda body: body[:20])
def test_what_is_wrong_is_told_with_its_line(body):
    with pytest.raises(Refused) as refused:
        parse(FRONT + body)
    assert str(refused.value).startswith(WRONG[body])


@pytest.mark.parametrize(
    ("front", "sentence"),
    [
        ("title: A", "The front matter has no slug."),
        ("slug: a", "The front matter has no title."),
        ("title: A\nslug: A b", "Line 3: The slug “A b” can't be used"),
        ("title: A\nslug: 1", "Line 3: slug must be words"),
        ("title: 2026-02-15\nslug: a", "Line 2: title must be words"),
        ("title: A\nslug: a\ngoal: 3", "Line 4: “goal” is not known here; there are title, slug."),
    ],
)
def test_what_is_wrong_in_the_front_matter_is_told(front, sentence):
    with pytest.raises(Refused) as refused:
        parse(f"---\n{front}\n---\n\nText")
    assert str(refused.value).startswith(sentence)


def test_a_file_has_a_text_and_notes():
    draft = parse(
        "\ufeff---\r\ntitle: Äxample\r\nslug: example\r\n---\r\n\r\nText\r\n\r\n---NOTES---  \r\n\r\nNotes\r\n"
    )
    assert draft == ("example", "Äxample", "Text", "Notes")
    assert parse(FRONT + "Text\n\n---\n\nMore").notes == ""


pieces = st.sampled_from(
    [
        "[[",
        "]]",
        "[",
        "]",
        "|",
        ":",
        " / ",
        "union",
        "other",
        "body",
        "date",
        "affiliation",
        "\n",
        "- ",
        "\\",
        "1. ",
        "*",
    ]
) | st.text(max_size=4)
answers = st.dictionaries(
    st.sampled_from(["affiliation", "a"]) | st.text(max_size=3), st.text(max_size=3), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(pieces, max_size=14).map("".join),
    st.sampled_from(["", *KINDS]) | st.text(max_size=4),
    answers,
    st.text(max_size=10),
)
@example("[[union: a | other: ]]]]", "other", {}, "")
def test_a_motion_becomes_text_or_is_refused_whatever_is_typed(markdown, kind, choices, name):
    try:
        filled = text.fill(markdown, kind, choices, name)
    except Refused:
        with pytest.raises(Refused, match=r"^Line [0-9]"):
            text.questions(markdown)
        return
    assert isinstance(to_html(filled), str)


def test_a_great_many_brackets_take_no_time():
    fill("[[body]]" * 6000)
    fill("[[union: x | other: y]]\n" * 2000)
    with pytest.raises(Refused):
        fill("[[" * 25_000)
    with pytest.raises(Refused):
        fill("[[a:" + " / " * 16_000 + "]]")
