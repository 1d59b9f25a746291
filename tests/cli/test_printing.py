"""What people typed does not command the terminal of whoever looks at it."""

from __future__ import annotations

import json

import click
import pytest

from petitions.commands.running import print_json, print_table, say, sentences
from petitions.errors import Refused

TYPED = "Ada \x1b]0;owned\x07\x9b31m\u202e\r\x7f نمونه\u200cزاده"
BAD = set("\x1b\x07\x9b\u202e\r\x7f")


def test_sentences_and_tables_carry_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"“{TYPED}” is added.\nNext line")
    print_table([{"name": TYPED, "town": "A\nB"}], empty="None.")
    out = capsys.readouterr().out
    assert not BAD & set(out)
    assert out.count("\n") == 4
    assert "نمونه\u200cزاده" in out


def test_refusals_carry_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.ClickException) as refused, sentences():
        raise Refused(f"There is no “{TYPED}”.")
    assert not BAD & set(refused.value.message)


def test_json_escapes_them(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": TYPED + "\U000e0041"}
    print_json(value)
    out = capsys.readouterr().out
    assert not BAD & set(out)
    assert json.loads(out) == value
