"""The normal form of names and codes: the same body under another spelling has the same key."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petitions.forms import Unfit, clean_line
from petitions.organisations.key import key_of, plain

SAME = [
    ("Lambeth UNISON", "lambeth unison"),
    ("The Lambeth Branch of UNISON", "Lambeth of unison"),
    ("Workers’ Union, North", "Workers' Union North"),
    ("U.N.I. Exampleton", "UNI Exampleton"),
    ("Unión Ejemplo", "Union Ejemplo"),
    ("Łódź Trades Council", "lodz trades council"),
    ("Ｅｘａｍｐｌｅ  Union", "example union"),
    ("Große Straße", "GROSSE STRASSE"),
    ("Trade-Union (Example)", "trade union example"),
    ("Union\u200b Example", "Union Example"),
]
OTHER = [
    ("Lambeth UNISON", "Lewisham UNISON"),
    ("Branch 1", "Branch 2"),
    ("がくせい", "かくせい"),  # the marks of kana make other words
    ("की", "कु"),  # so do the vowels of Devanagari
    ("Example of Union", "Example Union"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_spelling_is_the_same_body(one, other):
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_name_is_another_body(one, other):
    assert plain(one) != plain(other)


def test_words_that_are_left_out_stay_where_they_are_all_there_is():
    assert plain("The Branch") == "the branch"
    assert plain("THE") == "the"
    assert plain("★ ☆") == "★ ☆"


def test_a_code_goes_before_the_name():
    assert key_of("Lambeth UNISON", "SW/0123") == key_of("Another name", "sw 0123") == "#sw0123"
    assert key_of("Lambeth UNISON", "") == key_of("Lambeth UNISON", " – ") == "lambeth unison"
    assert key_of("#sw0123", "") != key_of("", "SW/0123")


@given(st.text(min_size=1, max_size=60))
def test_what_passed_the_form_is_never_empty_and_its_own_normal_form(text):
    try:
        name = clean_line(text, 100)
    except Unfit:
        return
    if name:
        assert plain(name)
        assert plain(plain(name)) == plain(name)


@given(st.text(max_size=60))
def test_any_text_has_a_normal_form_that_is_stable(text):
    assert plain(plain(text)) == plain(text)
    assert plain(unicodedata.normalize("NFD", text)) == plain(unicodedata.normalize("NFC", text))


WORDS = st.lists(st.text("abcdeéöüžłñ", min_size=1, max_size=8), min_size=1, max_size=5)


@given(
    WORDS,
    st.sampled_from(["the", "The", "BRANCH", "branch"]),
    st.sampled_from([", ", " - ", "  ", " (", "! "]),
)
def test_case_accents_punctuation_and_the_words_left_out_make_no_difference(words, extra, sign):
    name = " ".join(words)
    bare = "".join(one for one in unicodedata.normalize("NFD", name) if not unicodedata.combining(one))
    assert plain(extra + sign + sign.join(words).upper()) == plain(bare) or set(words) <= {"the", "branch"}


@given(st.text(min_size=1, max_size=60), st.from_regex(r"[A-Za-z]{0,3}[0-9]{1,6}", fullmatch=True))
def test_a_code_never_makes_the_key_of_a_name(name, code):
    assert key_of(name, code) != key_of(name, "")
    assert key_of(name, code) == key_of("another name", code)
