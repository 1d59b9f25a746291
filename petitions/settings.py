"""Settings: read once from the environment or `.env`, checked, then handed over. A strange value is refused.

`SETTINGS` is the whole list: the documentation and `petitions check` read it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.config import Config

from petitions import parsers as read
from petitions.errors import Refused

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Setting:
    """One line of the table: what it is called, what it is for, how its text becomes a value."""

    field: str
    default: str
    sentence: str
    parse: Callable[[str], Any]
    secret: bool = False


SETTINGS: dict[str, Setting] = {
    "DATABASE_URL": Setting(
        "database_url",
        "",
        "The database, as the role that serves. Empty: the PostgreSQL that comes with this program.",
        read.database_url,
        secret=True,
    ),
    "DATABASE_DIRECT_URL": Setting(
        "database_direct_url",
        "",
        "The same database without a pooler between, where DATABASE_URL goes through one.",
        read.database_url,
        secret=True,
    ),
    "DATABASE_OWNER_URL": Setting(
        "database_owner_url",
        "",
        "The database as the role that owns the tables, for migrations. Empty: the direct or the plain one.",
        read.database_url,
        secret=True,
    ),
    "DATABASE_READ_URL": Setting(
        "database_read_url",
        "",
        "A replica of the database, for public pages alone. Empty: DATABASE_URL.",
        read.database_url,
        secret=True,
    ),
    "PETITIONS_DATABASE_CONNECTIONS": Setting(
        "database_connections", "10", "Most connections to the database a process.", read.number(2, 500)
    ),
    "PETITIONS_DATA": Setting(
        "data_folder",
        "data",
        "The folder of the database that comes with this program, and of the keys made on its first start.",
        read.folder,
    ),
    "PETITIONS_SECRETS": Setting(
        "secrets",
        "",
        "What signs links: the last one signs, all verify; separated by commas, each 32 characters or more.",
        read.secrets,
        secret=True,
    ),
    "PETITIONS_ADDRESS_KEY": Setting(
        "address_key",
        "",
        "The key that recognises an e-mail address; made once, never changed, part of the backup.",
        read.address_key,
        secret=True,
    ),
    "PETITIONS_BASE_URL": Setting(
        "base_url",
        "",
        "The address that people see, as letters carry it. Empty: http://localhost with the port.",
        read.base_url,
    ),
    "PETITIONS_HOST": Setting(
        "host", "127.0.0.1", "The network address to listen on; a proxy in front gives HTTPS.", read.host
    ),
    "PORT": Setting("port", "8000", "The port to listen on.", read.number(1, 65535)),
    "PETITIONS_TRUSTED_PROXIES": Setting(
        "trusted_proxies",
        "",
        "Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed; with commas.",
        read.networks,
    ),
    "SMTP_URL": Setting(
        "smtp_url",
        "",
        "How letters leave: smtp://user:password@host:587?tls=starttls. Empty: they stay on /dev/letters.",
        read.smtp_url,
        secret=True,
    ),
    "PETITIONS_MAIL_FROM": Setting(
        "mail_from",
        "",
        "The From address of letters where a campaign has none. Empty: petitions@ the base URL's host.",
        read.mail_from,
    ),
    "MAIL_PER_HOUR": Setting(
        "mail_per_hour",
        "0",
        "Most letters an hour, as a small provider allows them; 0: no limit.",
        read.number(0, 10_000_000),
    ),
    "PETITIONS_OPERATOR_EMAIL": Setting(
        "operator_email",
        "",
        "Who is told by letter of late mail, a filling disk or a failing backup. Empty: nobody.",
        read.mail_from,
    ),
    "PETITIONS_BACKUP_HOURS": Setting(
        "backup_hours",
        "26",
        "After how many hours without a new backup the operator is told, once there was one; 0: never.",
        read.number(0, 10_000),
    ),
    "PETITIONS_DISK_FREE_MB": Setting(
        "disk_free_mb",
        "1000",
        "Below how many free megabytes the operator is told of a filling disk.",
        read.number(0, 10_000_000),
    ),
    "PETITIONS_METRICS_TOKEN": Setting(
        "metrics_token",
        "",
        "What a monitoring program shows to read /metrics (Authorization: Bearer …). Empty: this machine alone.",
        read.metrics_token,
        secret=True,
    ),
    "PETITIONS_LIVE_PER_IP": Setting(
        "live_per_ip",
        "50",
        "Most live counts (open event streams) to one address, in each process.",
        read.number(0, 100_000),
    ),
    "PETITIONS_LIVE_STREAMS": Setting(
        "live_streams",
        "2000",
        "Most live counts (open event streams) of a process.",
        read.number(0, 1_000_000),
    ),
    "PETITIONS_LANGUAGE": Setting(
        "language", "en", "The language of pages that belong to no statement.", read.language
    ),
    "PETITIONS_TIMEZONE": Setting("timezone", "UTC", "The time zone of dates on pages.", read.timezone),
    "PETITIONS_IP_BURST": Setting(
        "ip_burst",
        "100",
        "Forms at once from one address (IPv6: one /64); refilled by PETITIONS_IP_RATE.",
        read.number(1, 1_000_000),
    ),
    "PETITIONS_IP_RATE": Setting(
        "ip_rate", "1", "Forms a second from one address.", read.rate(0.001, 10_000)
    ),
    "PETITIONS_NET_BURST": Setting(
        "net_burst",
        "500",
        "Forms at once from one network (/24, IPv6: /48); refilled by PETITIONS_NET_RATE.",
        read.number(1, 1_000_000),
    ),
    "PETITIONS_NET_RATE": Setting(
        "net_rate", "5", "Forms a second from one network.", read.rate(0.001, 10_000)
    ),
    "PETITIONS_LETTERS_PER_DAY": Setting(
        "letters_per_day", "3", "Most letters a day to one address.", read.number(1, 100)
    ),
    "PETITIONS_LETTERS_PER_MONTH": Setting(
        "letters_per_month",
        "10",
        "Most letters a month to one address.",
        read.number(1, 1000),
    ),
    "PETITIONS_LOG": Setting(
        "log_level",
        "info",
        "What is logged: info (a line a request), warning, or error.",
        read.one_of("info", "warning", "error"),
    ),
    "PETITIONS_MAX_BODY": Setting(
        "max_body", "65536", "The longest form, in bytes.", read.number(1024, 16 * 1024 * 1024)
    ),
    "PETITIONS_RECEIVE_SECONDS": Setting(
        "receive_seconds", "30", "How long a form may take to arrive, in seconds.", read.rate(0.05, 600)
    ),
}


@dataclass(frozen=True)
class Settings:
    """What `SETTINGS` describes, as values. Made by `load`; tests make it by hand."""

    database_url: str = field(default="", repr=False)
    database_direct_url: str = field(default="", repr=False)
    database_owner_url: str = field(default="", repr=False)
    database_read_url: str = field(default="", repr=False)
    database_connections: int = 10
    data_folder: Path = Path("data")
    secrets: tuple[str, ...] = field(default=(), repr=False)
    address_key: bytes = field(default=b"", repr=False)
    base_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[Network, ...] = ()
    smtp_url: str = field(default="", repr=False)
    mail_from: str = "petitions@localhost"
    mail_per_hour: int = 0
    operator_email: str = ""
    backup_hours: int = 26
    disk_free_mb: int = 1000
    metrics_token: str = field(default="", repr=False)
    live_per_ip: int = 50
    live_streams: int = 2000
    language: str = "en"
    timezone: str = "UTC"
    ip_burst: int = 100
    ip_rate: float = 1.0
    net_burst: int = 500
    net_rate: float = 5.0
    letters_per_day: int = 3
    letters_per_month: int = 10
    log_level: str = "info"
    max_body: int = 64 * 1024
    receive_seconds: float = 30.0


def load(environ: Mapping[str, str] | None = None, folder: Path = Path()) -> Settings:
    """The settings of the environment, else of `.env` in `folder`, else the defaults.

    Raises Refused with a sentence that names the setting and says what is allowed.
    """
    file = folder / ".env"
    try:
        config = Config(file if file.is_file() else None, environ=os.environ if environ is None else environ)
    except OSError as error:
        how = "The account that runs this has to be able to read it, as owner or by its group."
        raise Refused(f"{file.absolute()} can't be read: {error.strerror}. {how}") from None
    values: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        text = str(config(name, default=setting.default)).strip()
        values[setting.field] = _parsed(name, setting, text or setting.default)
    values["base_url"] = values["base_url"] or f"http://localhost:{values['port']}"
    values["mail_from"] = values["mail_from"] or f"petitions@{urlsplit(values['base_url']).hostname}"
    values["database_direct_url"] = values["database_direct_url"] or values["database_url"]
    values["database_owner_url"] = values["database_owner_url"] or values["database_direct_url"]
    return Settings(**values)


def is_local(settings: Settings) -> bool:
    """Whether the base URL is this machine's own: only then do letters stay here and keys get made."""
    return read.is_loopback(urlsplit(settings.base_url).hostname or "")


def _parsed(name: str, setting: Setting, text: str) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        shown = "" if setting.secret or not text else f" (it is “{text[:100]}”)"
        raise Refused(f"{name} must be {error}{shown}.") from None
