"""SMTP_URL, as people write it."""

from __future__ import annotations

import pytest

from petitions.errors import Refused
from petitions.mail.smtp import Server, server


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 587, "starttls")),
        ("smtp://mail.example.org:465", Server("mail.example.org", 465, "tls")),
        ("smtps://mail.example.org", Server("mail.example.org", 465, "tls")),
        ("smtp://mail.example.org:2525?tls=tls", Server("mail.example.org", 2525, "tls")),
        ("smtp://catcher:1025?tls=none", Server("catcher", 1025, "none")),
        ("smtp://localhost:1025", Server("localhost", 1025, "none")),
        ("smtp://u%40example.org:p%2F%3Aw@mail.example.org:587?tls=starttls",
         Server("mail.example.org", 587, "starttls", "u@example.org", "p/:w")),
    ],
)  # fmt: skip
def test_the_usual_ways_are_understood(url: str, expected: Server) -> None:
    assert server(url) == expected


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mail.example.org:587", "must look like"),
        ("http://mail.example.org", "must look like"),
        ("smtp://mail.example.org?tls=maybe", "must be starttls, tls or none"),
        ("smtp://user:secret@mail.example.org?tls=none", "unencrypted"),
    ],
)
def test_strange_ones_are_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        server(url)


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(server("smtp://user:secret@mail.example.org"))
