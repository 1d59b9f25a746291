"""Settings: every one documented, every strange value refused with a sentence, keys made once and kept."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from petitions import keys
from petitions.errors import Refused
from petitions.settings import SETTINGS, Settings, is_local, load
from petitions.site import check_address_key, make_site, opened

SECRET = "x" * 32


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    assert load({}, tmp_path) == Settings()


def test_the_table_names_every_setting_once() -> None:
    assert len({setting.field for setting in SETTINGS.values()}) == len(SETTINGS)
    assert {setting.field for setting in SETTINGS.values()} == {field.name for field in fields(Settings)}
    assert all(setting.sentence.endswith(".") for setting in SETTINGS.values())


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\nPORT=9000\nPETITIONS_LANGUAGE='de'\n")
    found = load({"PORT": "9001"}, tmp_path)
    assert (found.port, found.language, found.base_url) == (9001, "de", "http://localhost:9001")


def test_what_is_set_is_read(tmp_path: Path) -> None:
    found = load(
        {
            "DATABASE_URL": "postgresql://app:secret@db.example.org/petitions",
            "PETITIONS_SECRETS": f"{SECRET}1, {SECRET}2",
            "PETITIONS_ADDRESS_KEY": SECRET,
            "PETITIONS_BASE_URL": "https://Petitions.example.org/",
            "PETITIONS_TRUSTED_PROXIES": "10.0.0.1, 2001:db8::/32",
            "SMTP_URL": "smtp://user:pass@mail.example.org:587?tls=starttls",
            "PETITIONS_IP_RATE": "0.5",
        },
        tmp_path,
    )
    assert found.secrets == (f"{SECRET}1", f"{SECRET}2")
    assert found.base_url == "https://petitions.example.org"
    assert found.mail_from == "petitions@petitions.example.org"
    assert found.trusted_proxies == (ip_network("10.0.0.1/32"), ip_network("2001:db8::/32"))
    assert found.database_owner_url == found.database_direct_url == found.database_url
    assert found.ip_rate == 0.5
    assert not is_local(found)


STRANGE = {
    "DATABASE_URL": [
        "mysql://localhost/petitions",
        "postgresql://localhost",
        "petitions",
        "postgresql://h:p/d",
    ],
    "PETITIONS_SECRETS": ["short", f"{SECRET},short", f"{SECRET},"],
    "PETITIONS_ADDRESS_KEY": ["short"],
    "PETITIONS_BASE_URL": [
        "petitions.example.org",
        "ftp://petitions.example.org",
        "https://petitions.example.org/path",
        "https://petitions.example.org?x=1",
        "https://user@petitions.example.org",
        "https://",
        "https://petitions.example.org:port",
    ],
    "PETITIONS_HOST": ["petitions.example.org", "127.0.0.1:8000"],
    "PORT": ["0", "65536", "http", "8000.0", "-1", " 8 0", "８０"],
    "PETITIONS_TRUSTED_PROXIES": ["everybody", "10.0.0.1/24", "10.0.0.1;10.0.0.2"],
    "SMTP_URL": [
        "mail.example.org",
        "http://mail.example.org",
        "smtp:///mail",
        "smtp://h?tls=maybe",
        "smtp://h?x=1",
    ],
    "PETITIONS_MAIL_FROM": ["petitions", "a@b@c", "Ada <ada@example.org>"],
    "PETITIONS_LANGUAGE": ["English", "../etc", "xx"],
    "PETITIONS_TIMEZONE": ["Nowhere/Land", "../UTC"],
    "PETITIONS_IP_BURST": ["0", "many", "1e3"],
    "PETITIONS_IP_RATE": ["0", "nan", "inf", "-1"],
    "PETITIONS_LETTERS_PER_DAY": ["0", "3.5"],
    "PETITIONS_MAX_BODY": ["10", "64K"],
    "PETITIONS_LOG": ["debug", "loud"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in STRANGE for text in STRANGE[name]])
def test_a_strange_value_is_refused_by_name(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        load({name: text}, tmp_path)
    assert refused.value.sentence.startswith(f"{name} must be ")
    if SETTINGS[name].secret:
        assert text not in refused.value.sentence


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8000", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1", False),
    ],
)
def test_local_means_this_machine(base_url: str, local: bool) -> None:
    assert is_local(Settings(base_url=base_url)) is local


def test_the_keys_of_a_database_of_ones_own_are_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data")
    with ThreadPoolExecutor(8) as many:
        made = list(many.map(lambda _: keys.complete(settings), range(16)))
    assert len({(one.secrets, one.address_key) for one in made}) == 1
    assert all(len(made[0].secrets[0]) >= 32 for one in made)
    assert made[0].secrets[0] != made[0].address_key.decode()
    files = list((tmp_path / "data").iterdir())
    assert sorted(file.name for file in files) == ["address-key", "secret"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert keys.complete(settings) == made[0]


def test_with_a_database_of_another_machine_the_keys_are_required() -> None:
    away = Settings(database_url="postgresql://db.example.org/petitions")
    with pytest.raises(Refused, match="PETITIONS_SECRETS must be set"):
        keys.complete(away)
    with pytest.raises(Refused, match="PETITIONS_ADDRESS_KEY must be set"):
        keys.complete(replace(away, secrets=(SECRET,)))
    whole = replace(away, secrets=(SECRET,), address_key=b"k")
    assert keys.complete(whole) == whole


async def test_a_database_keeps_to_the_address_key_that_it_was_begun_with(settings: Settings) -> None:
    async with opened(make_site(settings)) as first:
        await check_address_key(first)
        assert settings.address_key.hex() not in await first.store.facts.find(name="address key")
    async with opened(make_site(settings)):
        pass
    with pytest.raises(Refused, match="is not the key"):
        async with opened(make_site(replace(settings, address_key=b"another key, 32 characters or more"))):
            pass


def test_shown_settings_keep_their_secrets() -> None:
    secret = {name: setting.field for name, setting in SETTINGS.items() if setting.secret}
    kinds = {"secrets": ("hush-hush",), "address_key": b"hush-hush"}
    shown = repr(Settings(**{field: kinds.get(field, "hush-hush") for field in secret.values()}))
    assert "hush-hush" not in shown
    assert "port=8000" in shown
