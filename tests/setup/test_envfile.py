"""`.env`: what is written comes back; who owns and reads it where one account sets up and another one serves."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as some
from starlette.config import Config

from petitions.commands import envfile
from petitions.commands.setup import smtp_url
from petitions.errors import Refused
from petitions.mail.smtp import Server, server
from petitions.settings import load

no_hurry = trying(deadline=None)
SERVICE = 54_321  # a number that no account has


@pytest.fixture
def place() -> Iterator[Path]:
    """As /srv/petitions: everybody may look into it. pytest's own folders keep other accounts out."""
    folder = Path(tempfile.mkdtemp(prefix="petitions-place-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def nobody_special() -> Iterator[None]:
    """An account without rights over others' files, whoever runs the tests."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(SERVICE)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_the_service_reads_the_file_still_when_root_has_changed_it(place: Path) -> None:
    file = place / ".env"
    file.write_text("PORT=8001\n")
    if os.geteuid() == 0:
        os.chown(file, SERVICE, SERVICE + 1)
    file.chmod(0o640)
    before = file.stat()
    envfile.write(file, {"PORT": "8002"})
    after = file.stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert load({}, place).port == 8002


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o600, 0o666])
def test_nobody_else_reads_it_who_was_not_chosen(place: Path, mode: int) -> None:
    (place / ".env").write_text("PORT=8001\n")
    (place / ".env").chmod(mode)
    envfile.write(place / ".env", {"PORT": "8002"})
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}


@pytest.mark.parametrize("before", ["", "PORT=8001\n"])
def test_a_folder_that_is_not_ours_is_refused_with_a_sentence(place: Path, before: str) -> None:
    file = place / ".env"
    if before:
        file.write_text(before)
    place.chmod(0o555)
    with nobody_special(), pytest.raises(Refused, match="can't be written: Permission denied"):
        envfile.write(file, {"PORT": "8002"})
    assert [one.name for one in place.iterdir()] == ([".env"] if before else [])
    place.chmod(0o755)


def test_a_file_that_may_not_be_read_is_told_with_a_sentence(place: Path) -> None:
    (place / ".env").write_text("PORT=8001\n")
    (place / ".env").chmod(0o000)
    with nobody_special():
        with pytest.raises(Refused, match=r"\.env can't be read: Permission denied"):
            load({}, place)
        with pytest.raises(Refused, match=r"\.env can't be read: Permission denied"):
            envfile.values(place / ".env")


def test_who_stops_it_in_the_middle_leaves_the_file_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, at the worst moment: when the new file is written and not yet in its place."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    (place / ".env").write_text("PORT=8001\n")
    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        envfile.write(place / ".env", {"PORT": "8002"})
    assert [one.name for one in place.iterdir()] == [".env"]
    assert (place / ".env").read_text() == "PORT=8001\n"


@no_hurry
@given(user=some.text(min_size=1, max_size=20), password=some.text(max_size=40))
def test_any_password_comes_back_from_the_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, user: str, password: str
) -> None:
    to = Server("mail.example.org", 587, "starttls", user, password)
    file = tmp_path_factory.mktemp("env") / ".env"
    envfile.write(file, {"SMTP_URL": smtp_url(to)})
    assert server(load({}, file.parent).smtp_url) == to


@no_hurry
@given(value=some.text(max_size=30))
def test_any_line_comes_back_from_the_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    try:
        envfile.write(file, {"A": "1", "B": value, "C": "3"})
    except Refused:
        assert any(one in value for one in "\r\n\0")
    else:
        found = Config(file, environ={})
        assert [found(name) for name in "ABC"] == ["1", value, "3"]
        assert envfile.values(file) == {"A": "1", "B": value, "C": "3"}
