"""Tokens: one purpose, signed, dated; whatever else comes is refused with a sentence, never a 500."""

from __future__ import annotations

import contextlib
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petitions.errors import TokenError, TokenExpired, TokenInvalid
from petitions.ids import new_id
from petitions.tokens import Tokens, _Signer, pack, unpack

OLD, NEW = "an old secret of at least 32 characters", "a new secret of at least 32 characters"
tokens = Tokens([NEW])


@given(st.text(max_size=100), st.text(min_size=1, max_size=20))
def test_a_token_says_what_was_put_in(value, purpose):
    if len(token := tokens.make(purpose, value)) <= 500:
        assert tokens.read(purpose, token, max_age=60) == value


@given(st.text(max_size=600))
def test_any_text_that_is_no_token_is_refused(text):
    with pytest.raises(TokenError):
        tokens.read("signature", text, max_age=60)


@given(st.data())
def test_no_single_changed_character_is_accepted(data):
    token = tokens.make("signature", pack(uuid4(), uuid4()))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda one: one != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    try:
        value = tokens.read("signature", changed, max_age=60)
    except TokenError:
        return
    # The last character of base64 has unused bits: another spelling of the same signature says the same.
    assert value == tokens.read("signature", token, max_age=60)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_a_token_is_good_for_its_purpose_alone(one, other):
    if one != other:
        with pytest.raises(TokenInvalid):
            tokens.read(other, tokens.make(one, "value"), max_age=60)


def test_old_secrets_still_read_and_the_last_one_signs():
    token = Tokens([OLD]).make("signature", "value")
    assert Tokens([OLD, NEW]).read("signature", token, max_age=60) == "value"
    with pytest.raises(TokenInvalid):
        tokens.read("signature", token, max_age=60)
    assert tokens.read("signature", Tokens([OLD, NEW]).make("signature", "value"), max_age=60) == "value"


def test_a_token_past_its_age_has_expired():
    with pytest.raises(TokenExpired):
        tokens.read("signature", tokens.make("signature", "value"), max_age=-1)


class Ahead(_Signer):
    """Of a machine whose clock is `hours` ahead."""

    hours = 0.0

    def get_timestamp(self):
        return int(super().get_timestamp() + self.hours * 3600)


@pytest.mark.parametrize(("hours", "good"), [(0, True), (23, True), (25, False), (24 * 400, False)])
def test_a_token_may_come_from_a_clock_that_is_ahead_but_not_from_another_day(hours, good):
    signer = Ahead([NEW], salt="petitions.signature")
    signer.hours = hours
    with contextlib.nullcontext() if good else pytest.raises(TokenInvalid):
        assert tokens.read("signature", signer.sign("value").decode(), max_age=60) == "value"


@given(st.lists(st.uuids(), min_size=1, max_size=10))
def test_packed_ids_come_back(ids):
    assert unpack(pack(*ids)) == ids


@given(st.text(max_size=50))
def test_unpacking_anything_else_is_refused_or_gives_ids(text):
    with contextlib.suppress(TokenInvalid):
        assert all(one.bytes for one in unpack(text))


def test_ids_are_version_7_and_in_order_of_time():
    ids = [new_id() for _ in range(1000)]
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in ids)
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)
    assert len(set(ids)) == 1000
