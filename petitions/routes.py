"""Every address of the site on one page. Each route says who may; a route without a rule is refused (test_house)."""

from __future__ import annotations

from starlette.routing import Route

from petitions.campaigns import views as campaigns
from petitions.comments import views as comments
from petitions.desk.table import desk
from petitions.endorsements import confirming as endorsing
from petitions.endorsements import files, second
from petitions.endorsements import views as endorsements
from petitions.endorsements.listing import Asked
from petitions.front import endorse, facts, history, live
from petitions.front import views as front
from petitions.mail import views as mail
from petitions.motions import outcome, pipeline
from petitions.motions import views as motions
from petitions.my import endorsements as officers
from petitions.my import views as my
from petitions.reports import views as reports
from petitions.signatures import confirming, reconsenting
from petitions.signatures import views as signatures
from petitions.statements import views as statements
from petitions.web.accent import accent
from petitions.web.assets import static
from petitions.web.health import healthz, readyz
from petitions.web.metrics import metrics
from petitions.web.route import get, post

ANYONE = "anyone"
LETTER = "who holds the letter's link"
COOKIE = "the browser that filled in the form"
ORGANISER_LINK = "who holds an organiser's link, for ten minutes"
LOOPBACK = "this machine, while letters are kept"
MONITORING = "who shows PETITIONS_METRICS_TOKEN; where none is set, this machine"


def routes() -> list[Route]:
    """The site map, in the order in which it is matched."""
    return [*_site(), *desk(), *_mine(), *_campaigns(), *_signing(), *_endorsing(), *_putting(), *_saying()]


def _site() -> list[Route]:
    """The site itself, and what belongs to no room."""
    return [
        get("/", front.home, "home", ANYONE, kept=True),
        get("/healthz", healthz, "healthz", ANYONE),
        get("/readyz", readyz, "readyz", ANYONE),
        get("/metrics", metrics, "metrics", MONITORING),
        get("/static/{path:path}", static, "static", ANYONE),
        get("/accent/{colour}.css", accent, "accent", ANYONE),
        get("/dev/letters", mail.kept_letters, "letters", LOOPBACK),
        get("/dev/letters/{id:uuid}", mail.kept_letter, "letter", LOOPBACK),
        get("/endorsements/answer/{token}", officers.answer_page, "answer", LETTER),
        post("/endorsements/answer/{token}", officers.answer, "answer_post", LETTER, files=True),
        get("/unsubscribe/{token}", mail.unsubscribe_page, "unsubscribe", LETTER),
        post("/unsubscribe/{token}", mail.unsubscribe, "unsubscribe_button", LETTER),
    ]


def _mine() -> list[Route]:
    """What is held for an address: "My signature"."""
    return [
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
        get("/my/{token}/endorsement", officers.correct_page, "my_endorsement", LETTER),
        post("/my/{token}/endorsement", officers.correct, "my_endorsement_post", LETTER, files=True),
        get("/my/{token}/endorsement/file", officers.file, "my_endorsement_file", LETTER),
        get("/my/{token}/endorsement/withdraw", officers.withdraw_page, "my_endorsement_withdraw", LETTER),
        post("/my/{token}/endorsement/withdraw", officers.withdraw, "my_endorsement_withdraw_button", LETTER),
        get("/my/{token}/endorsement/erase", officers.erase_page, "my_endorsement_erase", LETTER),
        post("/my/{token}/endorsement/erase", officers.erase, "my_endorsement_erase_button", LETTER),
        get("/my/{token}/submission/erase", officers.erase_submission_page, "my_submission_erase", LETTER),
        post("/my/{token}/submission/erase", officers.erase_submission, "my_submission_erase_button", LETTER),
        get("/my/{token}/download", my.download, "my_download", LETTER),
    ]


def _campaigns() -> list[Route]:
    """Campaigns, and their statements as texts."""
    return [
        get("/campaigns/{campaign}", front.campaign, "campaign", ANYONE, kept=True),
        get("/campaigns/{campaign}/privacy", campaigns.privacy, "privacy", ANYONE),
        get("/campaigns/{campaign}/imprint", campaigns.imprint, "imprint", ANYONE),
        get("/campaigns/{campaign}/accessibility", campaigns.accessibility, "accessibility", ANYONE),
        get("/campaigns/{campaign}/terms", campaigns.terms, "terms", ANYONE),
        get("/campaigns/{campaign}/logo/{digest}.webp", campaigns.logo, "campaign_logo", ANYONE),
        get("/{statement}.json", facts.facts_json, "facts", ANYONE, kept=True),
        get("/{statement}", front.statement, "statement", ANYONE, kept=True),
        get("/{statement}/count.json", front.count_json, "count", ANYONE, kept=True),
        get("/{statement}/live", live.live, "live", ANYONE),
        get("/{statement}/picture.png", statements.picture, "picture", ANYONE),
        get("/{statement}/qr.svg", statements.qr_svg, "qr_svg", ANYONE),
        get("/{statement}/qr.png", statements.qr_png, "qr_png", ANYONE),
        get("/{statement}/versions/{number:int}", statements.version, "version", ANYONE),
        get("/{statement}/history", history.history, "history", ANYONE, kept=True),
    ]


def _signing() -> list[Route]:
    """A person signs: the form, the letter's links, the list."""
    return [
        get("/confirm/{token}", confirming.confirm_link, "confirm", LETTER),
        post("/confirm/{token}", confirming.confirm_button, "confirm_button", LETTER),
        post("/confirm/{token}/new-letter", confirming.new_letter, "new_letter", LETTER),
        get("/confirm/{token}/not-me", confirming.not_me_page, "not_me", LETTER),
        post("/confirm/{token}/not-me", confirming.not_me, "not_me_button", LETTER),
        get("/reconsent/{token}", reconsenting.reconsent_page, "reconsent", LETTER),
        post("/reconsent/{token}", reconsenting.reconsent_button, "reconsent_button", LETTER),
        get("/{statement}/signatories", signatures.signatories, "signatories", ANYONE),
        post("/{statement}/sign", front.sign, "sign", ANYONE),
        get("/{statement}/check-your-email", confirming.check_email, "check_email", ANYONE),
        post("/{statement}/confirm", confirming.enter_code, "enter_code", COOKIE),
        post("/{statement}/send-again", confirming.send_again, "send_again", COOKIE),
        post("/{statement}/someone-else", confirming.someone_else, "someone_else", COOKIE),
        get("/{statement}/thanks", signatures.thanks, "thanks", COOKIE),
    ]


def _endorsing() -> list[Route]:
    """An organisation endorses: the form, the letters' links, the list, its files."""
    return [
        get("/logo/{digest}.{ext}", files.logo, "logo", ANYONE),
        get("/endorsements/minutes/{token}", files.minutes, "minutes", ORGANISER_LINK),
        get("/endorsements/confirm/{token}", endorsing.confirm_link, "endorsement_confirm", LETTER),
        post("/endorsements/confirm/{token}", endorsing.confirm_button, "endorsement_confirm_button", LETTER),
        post(
            "/endorsements/confirm/{token}/new-letter", endorsing.new_letter, "endorsement_new_letter", LETTER
        ),
        get("/endorsements/confirm/{token}/not-me", endorsing.not_me_page, "endorsement_not_me", LETTER),
        post("/endorsements/confirm/{token}/not-me", endorsing.not_me, "endorsement_not_me_button", LETTER),
        get("/endorsements/second/{token}", second.second_page, "second", LETTER),
        post("/endorsements/second/{token}", second.second_button, "second_button", LETTER),
        post("/endorsements/second/{token}/new-letter", second.new_letter, "second_new_letter", LETTER),
        get("/endorsements/second/{token}/not-me", second.not_me_page, "second_not_me", LETTER),
        post("/endorsements/second/{token}/not-me", second.not_me, "second_not_me_button", LETTER),
        get(
            "/{statement}/endorsements",
            endorsements.endorsements,
            "endorsements",
            ANYONE,
            kept=True,
            queried=Asked._fields,
        ),
        get("/{statement}/endorse", endorse.endorse_page, "endorse", ANYONE),
        post("/{statement}/endorse", endorse.endorse, "endorse_post", ANYONE, files=True),
        get("/{statement}/endorse/check-your-email", endorsing.check_email, "endorse_check_email", ANYONE),
        post("/{statement}/endorse/confirm", endorsing.enter_code, "endorse_code", COOKIE),
        post("/{statement}/endorse/send-again", endorsing.send_again, "endorse_send_again", COOKIE),
        post("/{statement}/endorse/someone-else", endorsing.someone_else, "endorse_someone_else", COOKIE),
        get("/{statement}/endorse/thanks", endorsing.thanks, "endorse_thanks", COOKIE),
    ]


def _putting() -> list[Route]:
    """Model motions, and the bodies that put them."""
    return [
        get("/motions/confirm/{token}", pipeline.confirm_link, "submission_confirm", LETTER),
        post("/motions/confirm/{token}", pipeline.confirm_button, "submission_confirm_button", LETTER),
        post("/motions/confirm/{token}/new-letter", pipeline.new_letter, "submission_new_letter", LETTER),
        get("/motions/confirm/{token}/not-me", pipeline.not_me_page, "submission_not_me", LETTER),
        post("/motions/confirm/{token}/not-me", pipeline.not_me, "submission_not_me_button", LETTER),
        get("/motions/outcome/{token}", outcome.outcome, "outcome", LETTER),
        post("/motions/outcome/{token}", outcome.outcome_post, "outcome_button", LETTER, files=True),
        post("/motions/outcome/{token}/days", outcome.days_post, "outcome_days", LETTER),
        get("/{statement}/motions", motions.motions, "motions", ANYONE, kept=True),
        get("/{statement}/motions/{motion}", motions.motion, "motion", ANYONE, kept=True, queried=("*",)),
        get("/{statement}/motions/{motion}/text.{format}", motions.motion_file, "motion_file", ANYONE),
        get("/{statement}/motions/{motion}/submit", pipeline.submit, "submit", ANYONE),
        post("/{statement}/motions/{motion}/submit", pipeline.submit_post, "submit_post", ANYONE),
        get(
            "/{statement}/motions/{motion}/submit/check-your-email",
            pipeline.check_email,
            "submit_check_email",
            ANYONE,
        ),
        post("/{statement}/motions/{motion}/submit/confirm", pipeline.enter_code, "submit_code", COOKIE),
        post("/{statement}/motions/{motion}/submit/send-again", pipeline.send_again, "submit_again", COOKIE),
        post(
            "/{statement}/motions/{motion}/submit/someone-else",
            pipeline.someone_else,
            "submit_someone_else",
            COOKIE,
        ),
        get("/{statement}/motions/{motion}/submitted", pipeline.submitted, "submitted", COOKIE),
    ]


def _saying() -> list[Route]:
    """What signatories wrote; what anybody finds wrong."""
    return [
        get("/{statement}/comments", comments.comments, "comments", ANYONE),
        get("/{statement}/report", reports.report_page, "report", ANYONE),
        post("/{statement}/report", reports.report, "report_post", ANYONE),
        get("/{statement}/reported", reports.reported, "reported", ANYONE),
    ]
