"""Every address of the site on one page. Each route says who may; a route without a rule is refused (test_house)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.routing import Route

from petitions.campaigns import views as campaigns
from petitions.front import facts, live
from petitions.front import views as front
from petitions.mail import views as mail
from petitions.my import views as my
from petitions.signatures import confirming
from petitions.signatures import views as signatures
from petitions.statements import views as statements
from petitions.web.accent import accent
from petitions.web.assets import static
from petitions.web.health import healthz, readyz
from petitions.web.metrics import metrics

View = Callable[..., Awaitable[Any]]

ANYONE = "anyone"
LETTER = "who holds the letter's link"
COOKIE = "the browser that filled in the form"
LOOPBACK = "this machine, while letters are kept"
MONITORING = "who shows PETITIONS_METRICS_TOKEN; where none is set, this machine"


def routes() -> list[Route]:
    """The site map, in the order in which it is matched."""
    return [
        get("/", front.home, "home", ANYONE, kept=True),
        # the site itself
        get("/healthz", healthz, "healthz", ANYONE),
        get("/readyz", readyz, "readyz", ANYONE),
        get("/metrics", metrics, "metrics", MONITORING),
        get("/static/{path:path}", static, "static", ANYONE),
        get("/accent/{colour}.css", accent, "accent", ANYONE),
        get("/dev/letters", mail.kept_letters, "letters", LOOPBACK),
        get("/dev/letters/{id:uuid}", mail.kept_letter, "letter", LOOPBACK),
        # campaigns
        get("/campaigns/{campaign}", front.campaign, "campaign", ANYONE, kept=True),
        get("/campaigns/{campaign}/privacy", campaigns.privacy, "privacy", ANYONE),
        get("/campaigns/{campaign}/imprint", campaigns.imprint, "imprint", ANYONE),
        get("/campaigns/{campaign}/accessibility", campaigns.accessibility, "accessibility", ANYONE),
        get("/campaigns/{campaign}/terms", campaigns.terms, "terms", ANYONE),
        # a letter's links
        get("/confirm/{token}", confirming.confirm_link, "confirm", LETTER),
        post("/confirm/{token}", confirming.confirm_button, "confirm_button", LETTER),
        post("/confirm/{token}/new-letter", confirming.new_letter, "new_letter", LETTER),
        get("/confirm/{token}/not-me", confirming.not_me_page, "not_me", LETTER),
        post("/confirm/{token}/not-me", confirming.not_me, "not_me_button", LETTER),
        get("/unsubscribe/{token}", mail.unsubscribe_page, "unsubscribe", LETTER),
        post("/unsubscribe/{token}", mail.unsubscribe, "unsubscribe_button", LETTER),
        # my signature
        get("/my", my.ask_page, "my", ANYONE),
        post("/my", my.ask, "my_ask", ANYONE),
        get("/my/asked", my.asked, "my_asked", ANYONE),
        get("/my/erased", my.erased, "my_erased", ANYONE),
        get("/my/{token}", my.show, "my_signatures", LETTER),
        post("/my/{token}/change", my.change, "my_change", LETTER),
        get("/my/{token}/withdraw", my.withdraw_page, "my_withdraw", LETTER),
        post("/my/{token}/withdraw", my.withdraw, "my_withdraw_button", LETTER),
        post("/my/{token}/restore", my.restore, "my_restore", LETTER),
        post("/my/{token}/reconsent", my.reconsent, "my_reconsent", LETTER),
        get("/my/{token}/erase", my.erase_page, "my_erase", LETTER),
        post("/my/{token}/erase", my.erase, "my_erase_button", LETTER),
        get("/my/{token}/download", my.download, "my_download", LETTER),
        # a statement
        get("/{statement}.json", facts.facts_json, "facts", ANYONE, kept=True),
        get("/{statement}", front.statement, "statement", ANYONE, kept=True),
        get("/{statement}/count.json", front.count_json, "count", ANYONE, kept=True),
        get("/{statement}/live", live.live, "live", ANYONE),
        get("/{statement}/picture.png", statements.picture, "picture", ANYONE),
        get("/{statement}/qr.svg", statements.qr_svg, "qr_svg", ANYONE),
        get("/{statement}/qr.png", statements.qr_png, "qr_png", ANYONE),
        get("/{statement}/versions/{number:int}", statements.version, "version", ANYONE),
        get("/{statement}/signatories", signatures.signatories, "signatories", ANYONE),
        post("/{statement}/sign", front.sign, "sign", ANYONE),
        get("/{statement}/check-your-email", confirming.check_email, "check_email", ANYONE),
        post("/{statement}/confirm", confirming.enter_code, "enter_code", COOKIE),
        post("/{statement}/send-again", confirming.send_again, "send_again", COOKIE),
        post("/{statement}/someone-else", confirming.someone_else, "someone_else", COOKIE),
        get("/{statement}/thanks", signatures.thanks, "thanks", COOKIE),
    ]


def get(path: str, view: View, name: str, rule: str, *, kept: bool = False) -> Route:
    """A page: GET and HEAD, changes nothing but what signing.md §4 names. `kept`: it is the same for everybody
    and whatever the query, and `web/kept.py` keeps it ready."""
    route = _route(path, view, name, rule, ["GET"])
    route.kept = kept  # type: ignore[attr-defined]
    return route


def post(path: str, view: View, name: str, rule: str) -> Route:
    """An act: POST alone."""
    return _route(path, view, name, rule, ["POST"])


def _route(path: str, view: View, name: str, rule: str, methods: list[str]) -> Route:
    route = Route(path, view, name=name, methods=methods)
    route.rule = rule  # type: ignore[attr-defined]
    return route
