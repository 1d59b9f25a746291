"""E-mail addresses: is it one, which ones are the same mailbox, and the keyed hash that stands for it.

The address itself is kept as typed, for mail. The canonical form is never stored or written to: it only feeds
the keys. Changing PROVIDERS or `canonical` changes keys: raise KEY_VERSION and re-key (signing.md §1).
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from petitions.errors import N_
from petitions.forms import Unfit

LONGEST = 254  # characters: RFC 5321 §4.5.3.1.3 (256 octets with the angle brackets)
LONGEST_LOCAL = 64  # before the @: RFC 5321 §4.5.3.1.1
KEY_VERSION = 1  # of PROVIDERS and `canonical`; stands in each row beside its key


class AddressError(Unfit):
    """Not an address we can write to; the sentence says what is wrong with it."""


@dataclass(frozen=True)
class Provider:
    """A mail provider whose mailboxes have more than one spelling. `+tag` is dropped for all of them."""

    domains: str
    source: str
    ignored: str = ""  # characters of the local part that this provider does not see
    one_domain: str = ""  # all its domains are one


# Only what a provider says or does itself, or two lists agree on: a wrong line here shuts out a second person
# for ever, a missing one lets somebody sign twice, which invalidation can mend. Own domains at these providers
# are not looked up.
_LISTS = "en.wikipedia.org/wiki/Email_address#Sub-addressing and the rules of email-normalize on PyPI"
_PROVIDERS = (
    Provider(
        "gmail.com googlemail.com",
        "support.google.com/mail/answer: 7436150 (dots), 22370 (tags), 159001 (domains)",
        ignored=".",
        one_domain="gmail.com",
    ),
    Provider(
        "proton.me protonmail.com protonmail.ch pm.me",
        "github.com/ProtonMail/WebClients, removeEmailAlias: tags, dots, underscores, hyphens",
        ignored="._-",
    ),
    Provider(
        "outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.at outlook.be outlook.ie outlook.dk "
        "outlook.pt outlook.com.au outlook.com.br outlook.jp outlook.kr hotmail.com hotmail.co.uk hotmail.de "
        "hotmail.fr hotmail.es hotmail.it hotmail.be hotmail.nl hotmail.se hotmail.no hotmail.dk hotmail.fi "
        "hotmail.ch hotmail.com.au hotmail.com.br hotmail.ca live.com live.co.uk live.de live.fr live.it "
        "live.nl live.be live.se live.no live.dk live.ie live.ca live.com.au live.com.mx msn.com",
        "learn.microsoft.com: Plus addressing in Exchange Online; the same system carries outlook.com",
    ),
    Provider(
        "fastmail.com fastmail.fm fastmail.co.uk fastmail.de fastmail.net fastmail.org fastmail.us "
        "fastmail.es fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.nl fastmail.se sent.com",
        "fastmail.help/hc/en-us/articles/360060591053",
    ),
    Provider("icloud.com me.com mac.com", _LISTS),
    Provider("mailbox.org", "kb.mailbox.org: address extensions with +"),
    Provider("runbox.com", _LISTS),
    Provider("yandex.com yandex.ru ya.ru", _LISTS),
    Provider("zoho.com zohomail.com zoho.eu zohomail.eu", _LISTS),
)
PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {domain: provider for provider in _PROVIDERS for domain in provider.domains.split()}
)

_EMPTY = N_("Please enter your e-mail address.")
_LONG = N_("This e-mail address is too long: it can have %(limit)s characters at most.")
_UNSEEN = N_(
    "This e-mail address contains a character that can’t be seen. Please type it instead of pasting it."
)
_BRACKETS = N_("Please enter the address alone, without a name or brackets around it.")
_QUOTED = N_("Addresses with quotation marks can’t be used here. Please enter another one.")
_NUMBERS = N_("Please enter an address with a name after the @, not with a number in brackets.")
_TWO = N_("Please enter one e-mail address only.")
_SPACE = N_("There is a space in this e-mail address. Please take it out.")
_NO_AT = N_("This e-mail address has no @. It should look like name@example.org.")
_NO_LOCAL = N_("Something is missing before the @. It should look like name@example.org.")
_NO_DOMAIN = N_("Something is missing after the @. It should look like name@example.org.")
_NO_DOT = N_("There is no dot after the @. It should look like name@example.org.")
_DOTS = N_("A dot is in the wrong place in this e-mail address. Please check it.")
_BAD_LOCAL = N_("There is a mistake before the @ of this e-mail address. Please check it.")
_BAD_DOMAIN = N_("There is a mistake after the @ of this e-mail address. Please check it.")

_UNSEEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# What most people type: letters, digits and signs of ASCII, dots between them, a name without Punycode. The parser
# says the same of these, a tenth of a millisecond later; a test compares the two.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(
    rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z](?!.)){_LABEL})", re.ASCII | re.IGNORECASE
)
_NOT_FOR_MAIL = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


def check(text: str) -> str:
    """The address as typed (trimmed, NFC), fit to write to as far as can be told without asking the network.

    Letters of any script may stand before the @ (RFC 6531) and after it (IDNA 2008). Only a domain that is
    not ASCII is changed, to its standard spelling. Raises AddressError.
    """
    typed = unicodedata.normalize("NFC", text.strip())
    if _plain(typed):
        return typed
    _refuse_early(typed)
    try:
        found = validate_email(typed, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(typed)) from error
    return typed if typed.rpartition("@")[2].isascii() else found.normalized


def with_ascii_domain(address: str) -> str:
    """A checked address as SMTP servers without internationalised domains take it (IDNA A-labels)."""
    found = _parse(address)
    return f"{found.local_part}@{found.ascii_domain}"


def canonical(address: str) -> str:
    """One spelling for all that reach the same mailbox; of a checked address. Raises AddressError for others.

    Lower case, not case folding (RFC 8265 §3.3: folding would make ß and ss, two mailboxes, one).
    """
    local, domain = _parts(address)
    provider = PROVIDERS.get(domain)
    if provider is None:
        return f"{local}@{domain}"
    seen = "".join(character for character in _untagged(local) if character not in provider.ignored)
    # Nothing left ("-_-@…"): no such mailbox can exist; don't make all of them one.
    return f"{seen or local}@{provider.one_domain or domain}"


def address_key(secret: bytes, address: str) -> bytes:
    """16 bytes that stand for the mailbox of a checked address: HMAC-SHA256 of its canonical form.

    `secret` is PETITIONS_ADDRESS_KEY: made once, never rotated.
    """
    return _key(secret, b"address", address)


def subject_key(secret: bytes, address: str) -> bytes:
    """16 bytes for the consent ledger alone: they outlive an erased signature and match no other key."""
    return _key(secret, b"consent subject", address)


def _key(secret: bytes, purpose: bytes, address: str) -> bytes:
    return hmac.digest(secret, purpose + b"\0" + canonical(address).encode(), "sha256")[:16]


def _parts(address: str) -> tuple[str, str]:
    """The local part and the ASCII domain, both in lower case."""
    plain = _plain(address)
    if plain:
        return plain[1].lower(), plain[2].lower()
    found = _parse(address)
    return _lower(found.local_part), found.ascii_domain.lower()


def _plain(typed: str) -> re.Match[str] | None:
    """Local part and domain where the parser has nothing to add; None where only it can tell."""
    found = _PLAIN.fullmatch(typed) if len(typed) <= LONGEST else None
    if found is None or len(found[1]) > LONGEST_LOCAL or "--" in found[2]:
        return None
    return None if f".{found[2].lower()}".endswith(_NOT_FOR_MAIL) else found


def _lower(local: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())


def _untagged(local: str) -> str:
    return local.partition("+")[0] or local


def _parse(address: str) -> ValidatedEmail:
    try:
        return validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(_reason(address)) from error


def _refuse_early(typed: str) -> None:
    """What the parser would not refuse, or would with a sentence that does not help."""
    if not typed:
        raise AddressError(_EMPTY)
    if len(typed) > LONGEST:
        raise AddressError(_LONG, {"limit": LONGEST})
    if any(unicodedata.category(character) in _UNSEEN_KINDS for character in typed):
        raise AddressError(_UNSEEN)


def _reason(typed: str) -> str:
    """The sentence for an address that the parser refused: the first mistake that a person would look for."""
    local, _, domain = typed.rpartition("@")
    at_ends = ("." in (local[:1], local[-1:], domain[:1], domain[-1:])) or ".." in typed
    mistakes = (
        ("@" not in typed, _NO_AT),
        ("<" in typed or ">" in typed, _BRACKETS),
        ('"' in typed, _QUOTED),
        ("[" in domain, _NUMBERS),
        (typed.count("@") > 1 or "," in typed or ";" in typed, _TWO),
        (not local.strip(), _NO_LOCAL),
        (not domain.strip(), _NO_DOMAIN),
        (any(character.isspace() for character in typed), _SPACE),
        ("." not in domain, _NO_DOT),
        (at_ends, _DOTS),
        (_local_fails(local), _BAD_LOCAL),
    )
    return next((sentence for applies, sentence in mistakes if applies), _BAD_DOMAIN)


def _local_fails(local: str) -> bool:
    try:
        validate_email(f"{local}@example.org", check_deliverability=False, strict=True)
    except EmailNotValidError:
        return True
    return False
