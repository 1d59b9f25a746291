"""What a letter is, who decides about it, and how it is composed from a room's templates."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import css_inline

from petitions.mail import mime, suppression
from petitions.site import Site
from petitions.storage.store import Row

LINE = 76  # characters of a plain-text line
NAME = 60  # characters of a sender's name: longer ones hide the address in most mail programs


@dataclass(frozen=True)
class Letter:
    """One e-mail to one address. `sender` and `reply_to` are plain addresses; `campaign_id`: in whose name."""

    to: str
    subject: str
    text: str
    html: str
    sender: str
    reply_to: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sender_name: str = ""
    campaign_id: UUID | None = None


@dataclass(frozen=True)
class Send:
    """Send it; `decision` says as what, `details` are added to the row's."""

    decision: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """Nothing is to be sent."""


@dataclass(frozen=True)
class Defer:
    """Not before `until`; `details["attempts"]` (a list of [statement_id, id], as text) joins those of the
    address's deferred letter, if there is one. Without it the letter waits alone."""

    until: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


Decision = Send | Drop | Defer


@dataclass(frozen=True)
class LetterKind:
    """How a room answers for its letters; app.py hands the worker a table of them.

    `decide`: in the worker's transaction, once (a deferred letter: again when it is due); no network, no wait.
    `render`: the row after the decision → the letter, or None: nothing to send any more.
    `sent`: in the transaction that marks it sent.
    """

    decide: Callable[[Site, Row], Awaitable[Decision]]
    render: Callable[[Site, Row], Awaitable[Letter | None]]
    sent: Callable[[Site, Row], Awaitable[None]] | None = None


async def at_once(site: Site, row: Row) -> Decision:
    """The `decide` of kinds where there is nothing to decide."""
    return Send("send")


def compose(
    site: Site,
    template: str,
    *,
    campaign: Row,
    language: str,
    to: str,
    address_key: bytes,
    bulk: bool = False,
    **context: Any,
) -> Letter:
    """The letter of templates/<template>.mail.txt and .mail.html; the text's first paragraph is the subject.

    `campaign`: a row of campaigns or of statements_now. `address_key` goes into the unsubscribe link; `bulk` adds
    the one-click headers of RFC 8058. Links in `context` are absolute: `link(site, path)`.
    """
    host = _host(campaign)
    stop = link(site, f"/unsubscribe/{suppression.token(site, address_key, host['id'])}")
    about = {"not_me": "", "language": language, **context, "host": host, "unsubscribe": stop}
    subject, text, html = _written(site, template, language, about)
    return Letter(
        to=to,
        subject=subject,
        text=text,
        html=html,
        sender=(host["bulk_sender"] if bulk else "") or host["sender"] or site.settings.mail_from,
        sender_name=mime.one_line(host["name"])[:NAME],
        reply_to=host["contact_email"],
        headers=_headers(site, host, stop, bulk=bulk),
        campaign_id=host["id"],
    )


def compose_own(site: Site, template: str, *, language: str, to: str, **context: Any) -> Letter:
    """The same in the site's own name, to who operates it: no campaign and no list to be taken off."""
    host = {"name": mail_domain(site), "controller": "", "accent": "#b4232f"}
    about = {"not_me": "", "language": language, **context, "host": host, "unsubscribe": ""}
    subject, text, html = _written(site, template, language, about)
    own, name = site.settings.mail_from, host["name"][:NAME]
    return Letter(to, subject, text, html, sender=own, sender_name=name, reply_to="")


def link(site: Site, path: str) -> str:
    """An absolute address on this site: letters have no other base."""
    return site.settings.base_url + path


def mail_domain(site: Site) -> str:
    """The base URL's host, for Message-ID and List-Id."""
    return urlsplit(site.settings.base_url).hostname or "localhost"


def message(site: Site, letter: Letter, id: UUID) -> bytes:
    """The letter as SMTP takes it; a repeat of the same outbox row has the same Message-ID.

    Raises ValueError: an address that is none. No value can start a header of its own.
    """
    headers = {
        "From": mime.mailbox(mime.envelope(letter.sender), letter.sender_name),
        "To": mime.envelope(letter.to),
        "Subject": mime.unstructured("Subject", letter.subject),
        "Message-ID": f"<{id}@{mail_domain(site)}>",
        "Auto-Submitted": "auto-generated",
    }
    if letter.reply_to:
        headers["Reply-To"] = mime.envelope(letter.reply_to)
    headers |= {name: mime.one_line(value) for name, value in letter.headers.items()}
    return mime.alternative(headers, letter.text, letter.html, boundary=f"=_{id.hex}")


_inliner = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False
)


def _written(site: Site, template: str, language: str, about: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    whole = site.templates.render(f"{template}.mail.txt", language, **about)
    subject, _, text = whole.strip().partition("\n\n")
    subject = mime.one_line(subject)
    html = site.templates.render(f"{template}.mail.html", language, **about, subject=subject)
    return subject, _wrap(text), _inliner.inline(html)


def _host(campaign: Row) -> dict[str, Any]:
    """Who stands in the imprint, from either kind of row."""
    known = set(campaign.keys())
    own = "campaign_" if "campaign_slug" in known else ""
    names = (
        "controller",
        "postal_address",
        "contact_email",
        "on_behalf_of",
        "sender",
        "bulk_sender",
        "accent",
    )
    facts = {name: campaign[name] for name in names}
    return facts | {name: campaign[own + name] for name in ("id", "slug", "name")}


def _headers(site: Site, host: Mapping[str, Any], unsubscribe: str, *, bulk: bool) -> dict[str, str]:
    headers = {"List-Id": f"<{host['slug']}.{mail_domain(site)}>"}
    if bulk:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _wrap(text: str) -> str:
    """Lines that every mail program shows whole; links are never broken."""
    lines = [_wrap_line(line) for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _wrap_line(line: str) -> str:
    line = line.rstrip()
    if len(line) <= LINE:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
