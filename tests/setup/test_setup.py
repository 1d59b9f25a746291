"""`petitions setup`, `petitions mail check`, and what `petitions check` says of a restored database."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from petitions.cli import main
from petitions.mail.smtp import Server, server
from petitions.settings import SETTINGS, load
from tests.mail.names import Names
from tests.setup.servers import PASSWORD, USER, Mailbox, certificate, mail_server


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def names() -> Iterator[Names]:
    with Names().answering() as names:
        yield names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]) -> Path:
    """An empty folder to work in, without settings, in which our certificate is believed."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*line: str, code: int = 0, typed: str = "") -> Result:
    result = CliRunner().invoke(main, line, input=typed)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def answers(folder: Path, mailbox: Mailbox, names: Names, **over: str) -> list[str]:
    """The options of a script."""
    (folder / "password").write_text(PASSWORD + "\n")
    options = {
        "base-url": "https://petitions.example.org",
        "smtp-host": "localhost",
        "smtp-port": str(mailbox.port),
        "smtp-user": USER,
        "smtp-password-file": str(folder / "password"),
        "nameserver": names.address,
        **{name.replace("_", "-"): value for name, value in over.items()},
    }
    return ["setup", "--yes", *(f"--{name}={value}" for name, value in options.items())]


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_one_command_writes_the_settings_and_sends_a_letter(
    folder: Path, files: tuple[Path, Path], names: Names, tls: str
) -> None:
    (folder / ".env").write_text("DATABASE_URL=postgresql://nobody@127.0.0.1:1/none\n")
    with mail_server(tls, files) as mailbox:
        done = run(*answers(folder, mailbox, names, test_to="ada@example.org", mail_per_hour="300"))
        told = json.loads(run("mail", "check", "--json", f"--nameserver={names.address}", code=1).stdout)
    assert [one["state"] for one in told if one["what"] == "SMTP"] == ["ok"]
    settings = load({}, folder)
    assert server(settings.smtp_url) == Server("localhost", mailbox.port, tls, USER, PASSWORD)
    assert (settings.base_url, settings.mail_per_hour) == ("https://petitions.example.org", 300)
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    letter = email.message_from_bytes(mailbox.letters[0], policy=email.policy.default)
    assert letter["To"] == "ada@example.org"
    assert mailbox.senders == ["petitions@petitions.example.org"]
    assert letter["Auto-Submitted"] == "auto-generated"
    assert f"localhost:{mailbox.port} ({tls}): lets us in" in done.output
    assert "petitions.example.org SPF" in done.output
    assert PASSWORD not in done.output
    assert not list(folder.glob(".env-*"))


def test_a_person_is_asked_and_the_password_is_not_shown(
    folder: Path, files: tuple[Path, Path], names: Names
) -> None:
    with mail_server("starttls", files) as mailbox:
        typed = ["https://petitions.example.org", "localhost", USER, PASSWORD, "", "", "", "ada@example.org"]
        line = ("setup", f"--smtp-port={mailbox.port}", f"--nameserver={names.address}")
        done = run(*line, typed="\n".join(typed) + "\n")
    assert len(mailbox.letters) == 1
    assert PASSWORD not in done.output
    assert "From address of letters [petitions@petitions.example.org]" in done.output


def test_a_refused_log_in_writes_nothing(folder: Path, files: tuple[Path, Path], names: Names) -> None:
    with mail_server("starttls", files) as mailbox:
        line = answers(folder, mailbox, names)
        (folder / "password").write_text("wrong\n")
        done = run(*line, code=1)
    assert "refuses user and password. Nothing is written" in done.output
    assert not (folder / ".env").exists()


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    folder: Path, files: tuple[Path, Path], names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server("tls", files) as mailbox:
        done = run(*answers(folder, mailbox, names), code=1)
    assert "(tls): its certificate is not for this name, or nobody vouches for it" in done.output
    assert mailbox.logged_in == 0
    assert not (folder / ".env").exists()


def test_on_this_machine_a_certificate_that_nobody_vouches_for_is_done_without(
    folder: Path, files: tuple[Path, Path], names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's Postfix comes with one."""
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with mail_server("starttls", files, log_in=False, strict=False) as mailbox:
        run(*answers(folder, mailbox, names, smtp_user="", test_to="ada@example.org"))
        told = run("mail", "check", f"--nameserver={names.address}", code=1)
    assert "ok    SMTP" in told.output
    assert load({}, folder).smtp_url == f"smtp://localhost:{mailbox.port}?tls=none"
    assert len(mailbox.letters) == 1


def test_each_usual_port_is_tried_and_told(folder: Path, names: Names) -> None:
    done = run(
        "setup", "--yes", "--base-url=https://petitions.example.org", "--smtp-host=nothing.invalid", code=1
    )
    for port in ("465 (tls)", "587 (starttls)", "2525 (starttls)"):
        assert f"nothing.invalid:{port}: no such host" in done.output
    assert "No port of nothing.invalid lets us in. Nothing is written." in done.output


def test_what_stands_in_the_file_stays_and_the_old_file_is_kept(
    folder: Path, files: tuple[Path, Path], names: Names
) -> None:
    before = "# our site\nexport=1\n\nPORT=8001\nPETITIONS_BASE_URL='https://old.example.org' \nPETITIONS_LANGUAGE=de"
    (folder / ".env").write_text(before)
    with mail_server("tls", files) as mailbox:
        line = [one for one in answers(folder, mailbox, names, mail_from="x@example.org") if one != "--yes"]
        line += ["--mail-per-hour=0", "--campaign-slug=", "--test-to="]
        assert "Nothing is written" in run(*line, code=1, typed="n\n").output
        assert (folder / ".env").read_text() == before
        run(*line, typed="y\n")
    lines = (folder / ".env").read_text().splitlines()
    assert lines[:4] == before.splitlines()[:4]
    assert lines[4:6] == ["PETITIONS_BASE_URL=https://petitions.example.org", "PETITIONS_LANGUAGE=de"]
    (old,) = folder.glob(".env.*.old")
    assert old.read_text() == before
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_a_strange_answer_is_refused_before_anything_is_written(
    folder: Path, files: tuple[Path, Path], names: Names
) -> None:
    with mail_server("tls", files) as mailbox:
        done = run(*answers(folder, mailbox, names, mail_per_hour="many"), code=1)
    assert "MAIL_PER_HOUR must be a whole number" in done.output
    assert not (folder / ".env").exists()


def local(folder: Path, *lines: str) -> list[str]:
    (folder / ".env").write_text("\n".join(lines))
    return [
        "setup",
        "--yes",
        "--base-url=http://localhost:8000",
        "--campaign-slug=fair",
        "--campaign-name=Fair",
    ]


def test_with_a_database_of_ones_own_the_keys_are_made_and_the_campaign_is_added(
    folder: Path, settings: Any
) -> None:
    line = local(folder, f"DATABASE_URL={settings.database_url}")
    assert "“fair” is added: http://localhost:8000/campaigns/fair" in run(*line, "--smtp-host=").output
    first = load({}, folder)
    assert len(first.secrets[0]) >= 32
    assert len(first.address_key) >= 32
    assert "is there already" in run(*line, "--smtp-host=").output
    second = load({}, folder)
    assert (second.secrets, second.address_key) == (first.secrets, first.address_key)
    line = local(folder, f"DATABASE_URL={settings.database_url}")
    assert "not the key that this database was begun with" in run(*line, code=1).output


def test_without_a_database_the_settings_are_written_and_the_campaign_comes_later(folder: Path) -> None:
    done = run(*local(folder, "DATABASE_URL=postgresql://nobody@127.0.0.1:1/none"))
    assert "Later: petitions campaign add --slug fair" in done.output
    assert "PETITIONS_ADDRESS_KEY is not made" in done.output  # it may have been begun with another one
    assert (len(load({}, folder).secrets), load({}, folder).address_key) == (1, b"")


async def test_a_restored_database_that_may_not_be_read_yet_gets_no_new_key(
    folder: Path, settings: Any, owner: Any
) -> None:
    await owner.execute("revoke all on all tables in schema public from petitions_app")
    line = local(folder, f"DATABASE_URL={settings.database_url}")
    assert "PETITIONS_ADDRESS_KEY is not made" in (await asyncio.to_thread(run, *line)).output
    assert load({}, folder).address_key == b""


def test_the_environment_is_stronger_than_the_file_and_that_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITIONS_BASE_URL", "https://other.example.org")
    done = run("setup", "--yes", "--base-url=https://petitions.example.org", code=1)
    assert "The environment sets PETITIONS_BASE_URL" in done.output


async def test_check_says_of_a_restored_database_what_to_run(
    folder: Path, settings: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings.database_owner_url)
    monkeypatch.setenv("PETITIONS_SECRETS", "x" * 32)
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", "x" * 32)
    await owner.execute("revoke all on all tables in schema public from petitions_app")
    done = await asyncio.to_thread(run, "check", code=1)
    assert "wrong schema       DATABASE_URL's role may not read the tables" in done.output
    assert "petitions migrate" in (await asyncio.to_thread(run, "campaign", "list", code=1)).output
    await asyncio.to_thread(run, "migrate")
    assert "ok    schema" in (await asyncio.to_thread(run, "check")).output


def test_mail_check_asks_for_every_sender_and_for_one(folder: Path, settings: Any, names: Names) -> None:
    (folder / ".env").write_text(
        f"DATABASE_URL={settings.database_url}\nPETITIONS_SECRETS={'x' * 32}\nPETITIONS_ADDRESS_KEY={'x' * 32}\n"
        "PETITIONS_MAIL_FROM=petitions@example.org\n"
    )
    run("campaign", "add", "--slug=fair", "--name=Fair", "--sender=letters@fair.example")
    names.add("fair.example", "MX", "10 mail.fair.example.")
    names.text("fair.example", "v=spf1 mx -all")
    names.text("_dmarc.fair.example", "v=DMARC1; p=reject")
    line = ["mail", "check", "--json", f"--nameserver={names.address}"]
    found = json.loads(run(*line, code=1).stdout)
    assert {one["what"].split()[0] for one in found} == {"SMTP", "example.org", "fair.example"}
    one = json.loads(run(*line, "--campaign=fair").stdout)
    assert [(each["what"], each["state"]) for each in one[1:]] == [
        ("fair.example MX", "ok"),
        ("fair.example SPF", "ok"),
        ("fair.example DKIM", "weak"),
        ("fair.example DMARC", "ok"),
    ]
    missing = run(*line, "--campaign=fair", "--selector=x", code=1)
    assert "There is no key at x._domainkey.fair.example" in missing.output


def test_without_a_network_mail_check_says_one_sentence(folder: Path) -> None:
    (folder / ".env").write_text(
        "DATABASE_URL=postgresql://nobody@127.0.0.1:1/none\nPETITIONS_MAIL_FROM=x@example.org\n"
        f"PETITIONS_SECRETS={'x' * 32}\nPETITIONS_ADDRESS_KEY={'x' * 32}\n"
    )
    done = run("mail", "check", "--nameserver=127.0.0.1:1", code=1)
    assert done.output.count("No name server answers") == 1
    assert "Only the site's sender is checked" in done.output
    assert "--nameserver must be an address" in run("mail", "check", "--nameserver=x", code=1).output
