"""What changed between two texts: everything is accounted for, whatever the texts, and soon."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as some

from petitions.statements.differences import Part, differences, shortened

words = some.lists(
    some.sampled_from(["a", "b", "fair ", "pay", " ", "\n", "\n\n", "<del>", "é", "."]), max_size=40
)
texts = words.map("".join) | some.text(max_size=40)


@settings(max_examples=150, deadline=None)
@given(old=texts, new=texts)
def test_both_texts_can_be_read_out_of_it(old, new):
    found = differences(old, new)
    before = [one for one in found if any(part.kind != "new" for part in one.parts) or not one.parts]
    after = [one for one in found if any(part.kind != "gone" for part in one.parts) or not one.parts]
    assert "\n\n".join(one.before for one in before) == old or not old
    assert "\n\n".join(one.after for one in after) == new or not new
    assert (old == new) == (not any(one.changed for one in found))


def test_one_word_is_one_word():
    (one,) = differences("We ask for fair pay.", "We ask for very fair pay.")
    assert one.parts == (Part("same", "We ask for "), Part("new", "very "), Part("same", "fair pay."))


def test_paragraphs_with_nothing_in_common_stand_one_after_the_other():
    gone, new = differences("Alpha beta gamma.", "Xylophone quartz!")
    assert (gone.before, gone.after, new.before, new.after) == (
        "Alpha beta gamma.",
        "",
        "",
        "Xylophone quartz!",
    )


def test_what_did_not_change_is_left_out_but_for_its_neighbours():
    old = "\n\n".join(f"Paragraph {n}." for n in range(9))
    found = shortened(differences(old, old.replace("Paragraph 4.", "Paragraph four.")))
    assert [one and one.after for one in found] == [
        None,
        "Paragraph 3.",
        "Paragraph four.",
        "Paragraph 5.",
        None,
    ]


def test_hostile_texts_take_bounded_time():
    pairs = [
        ("a b " * 25_000, "b c a " * 16_000),
        ("x\n\n" * 30_000, "y\n\nx\n\n" * 16_000),
        (" ".join(map(str, range(15_000))), " ".join(map(str, range(15_000, 0, -1)))),
    ]
    for old, new in pairs:
        began = time.process_time()
        differences(old, new)
        assert time.process_time() - began < 3
