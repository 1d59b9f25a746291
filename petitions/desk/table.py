"""Every address of the desk, and who may: one table of route × role × method. What has no line does not exist.

`ask` is a page, `act` a change (lines.py). `fresh`: the second factor was shown within ten minutes. `early`: open to a
session that has not shown it at all yet.
"""

from __future__ import annotations

from starlette.routing import Route

from petitions.desk import (
    audit,
    comments,
    deciding,
    endorsements,
    exports,
    factors,
    home,
    importing,
    invalidations,
    joining,
    log_in,
    me,
    motions,
    numbers,
    organisations,
    removals,
    reports,
    second,
    settings,
    signatures,
    submissions,
    team,
)
from petitions.desk.lines import act, ask
from petitions.desk.statements_table import one_statement, statements
from petitions.organisers.roles import EVERYONE, MODERATORS, ORGANISERS, OWNERS, READERS
from petitions.web.route import get, post

ANYONE = "anyone"
COOKIE = "the browser that filled in the form"
LETTER = "who holds the letter's link"
COMMAND = "who holds a link made on this machine, for 15 minutes"


def desk() -> list[Route]:
    """The desk's addresses, in the order in which they are matched."""
    first = [*_coming_in(), *_campaign(), *statements(), *_signatures()]
    return [*first, *_bodies(), *_words(), *_lists(), *one_statement()]


def _coming_in() -> list[Route]:
    """Log-in, the second factor, one's own sessions and factors."""
    return [
        ask("/organise", home.home, "desk_home", None),
        *_log_in(),
        ask("/organise/me", me.show_me, "desk_me", None),
        act("/organise/me", me.change, "desk_me_change", None),
        act("/organise/me/sessions/end", me.end_session, "desk_session_end", None),
        act("/organise/me/sessions/end-others", me.end_others, "desk_sessions_end", None),
        act("/organise/me/sessions/log-out", me.log_out, "desk_log_out", None, early=True),
        ask("/organise/me/second", second.second_page, "desk_second", None, early=True),
        act("/organise/me/second", second.show_second, "desk_show_second", None, early=True),
        act("/organise/me/second/options", second.second_options, "desk_second_options", None, early=True),
        *_factors(),
    ]


def _log_in() -> list[Route]:
    """How somebody comes in who has no session yet: these alone are open without one."""
    return [
        get("/organise/log-in", log_in.log_in_page, "desk_log_in", ANYONE),
        post("/organise/log-in", log_in.ask, "desk_log_in_ask", ANYONE),
        get("/organise/log-in/sent", log_in.sent, "desk_log_in_sent", ANYONE),
        post("/organise/log-in/sent", log_in.enter_code, "desk_log_in_code", COOKIE),
        get("/organise/log-in/{token}", log_in.link_page, "desk_log_in_link", LETTER),
        post("/organise/log-in/{token}", log_in.link_button, "desk_log_in_button", COMMAND),
        get("/organise/invite/{token}", joining.join_page, "desk_join", LETTER),
        post("/organise/invite/{token}", joining.join, "desk_join_button", LETTER),
    ]


def _factors() -> list[Route]:
    """One's own second factors. Who has none yet sets the first one up without."""
    here, first = "/organise/me/factors", {"fresh": True, "early": True}
    key = f"{here}/passkeys/{{passkey:uuid}}"
    return [
        ask(here, factors.factors_page, "desk_factors", None, **first),
        ask(f"{here}/passkey", factors.new_passkey_page, "desk_passkey_new", None, **first),
        act(f"{here}/passkey", factors.add_passkey, "desk_passkey_add", None, **first),
        act(f"{here}/passkey/options", factors.new_passkey_options, "desk_passkey_options", None, **first),
        ask(key, factors.passkey_page, "desk_passkey", None, **first),
        act(f"{key}/name", factors.rename_passkey, "desk_passkey_rename", None, **first),
        act(f"{key}/remove", factors.remove_passkey, "desk_passkey_remove", None, **first),
        ask(f"{here}/codes", factors.codes_page, "desk_codes", None, **first),
        act(f"{here}/codes", factors.add_codes, "desk_codes_add", None, **first),
        act(f"{here}/codes/remove", factors.remove_codes, "desk_codes_remove", None, **first),
        act(f"{here}/recovery", factors.renew_recovery, "desk_recovery", None, **first),
    ]


def _campaign() -> list[Route]:
    """The campaign: overview, team, settings, audit."""
    return [
        ask("/organise/{campaign}", home.overview, "desk_campaign", EVERYONE),
        *_team(),
        *_settings(),
        *_organisations(),
        *_audit(),
    ]


def _audit() -> list[Route]:
    """Who did what: for those who answer for the team. Nothing here changes it."""
    return [
        ask("/organise/{campaign}/audit", audit.show_audit, "desk_audit", OWNERS),
        act("/organise/{campaign}/audit", audit.take_audit, "desk_audit_take", OWNERS, fresh=True),
    ]


def _settings() -> list[Route]:
    """The campaign's facts. All of it with a fresh second factor: who answers for the data stands there."""
    here, fresh = "/organise/{campaign}/settings", {"fresh": True}
    return [
        ask(here, settings.settings_page, "desk_settings", OWNERS, **fresh),
        act(here, settings.save, "desk_settings_save", OWNERS, files=True, **fresh),
        act(f"{here}/preview", settings.preview, "desk_settings_preview", OWNERS, files=True, **fresh),
        act(f"{here}/logo", settings.logo, "desk_settings_logo", OWNERS, files=True, **fresh),
        act(f"{here}/logo/remove", settings.remove_logo, "desk_settings_logo_remove", OWNERS, **fresh),
    ]


def _team() -> list[Route]:
    """Who is in the team; leaving is for everybody."""
    here = "/organise/{campaign}/team"
    invitation, member = f"{here}/invitations/{{invitation:uuid}}", f"{here}/{{organiser:uuid}}"
    return [
        ask(here, team.show_team, "desk_team", OWNERS),
        act(f"{here}/invite", team.invite, "desk_invite", OWNERS, fresh=True),
        act(f"{invitation}/take-back", team.take_back, "desk_invite_back", OWNERS, fresh=True),
        ask(member, team.member, "desk_member", OWNERS),
        act(f"{member}/role", team.change_role, "desk_member_role", OWNERS, fresh=True),
        act(f"{member}/remove", team.remove, "desk_member_remove", OWNERS, fresh=True),
        ask("/organise/{campaign}/leave", team.leave_page, "desk_leave", EVERYONE),
        act("/organise/{campaign}/leave", team.leave, "desk_leave_button", EVERYONE),
    ]


def _signatures() -> list[Route]:
    """Search, one signature's story, hold and release, invalidations."""
    here = "/organise/{campaign}/{statement}/signatures"
    one, rule = f"{here}/{{id:uuid}}", "/organise/{campaign}/{statement}/invalidations"
    return [
        ask(here, signatures.signatures, "desk_signatures", MODERATORS),
        act(f"{here}/search", signatures.search, "desk_signatures_search", MODERATORS),
        ask(f"{here}/held", signatures.held, "desk_held", MODERATORS),
        ask(one, signatures.signature, "desk_signature", MODERATORS),
        ask(f"{one}/hold", signatures.hold_page, "desk_hold", MODERATORS),
        act(f"{one}/hold", signatures.hold, "desk_hold_button", MODERATORS),
        act(f"{one}/release", signatures.release, "desk_release", MODERATORS),
        ask(f"{one}/unlist", signatures.unlist_page, "desk_unlist", ORGANISERS),
        act(f"{one}/unlist", signatures.unlist, "desk_unlist_button", ORGANISERS),
        act(f"{one}/list", signatures.list_again, "desk_list_again", ORGANISERS),
        ask(rule, invalidations.invalidations, "desk_invalidations", ORGANISERS),
        act(rule, invalidations.begin, "desk_invalidate", ORGANISERS, fresh=True),
        ask(f"{rule}/new", invalidations.new, "desk_invalidation_new", ORGANISERS),
        act(f"{rule}/preview", invalidations.preview, "desk_invalidation_preview", ORGANISERS),
        ask(f"{rule}/{{id:uuid}}", invalidations.invalidation, "desk_invalidation", ORGANISERS),
        act(f"{rule}/{{id:uuid}}/undo", invalidations.undo, "desk_invalidation_undo", ORGANISERS, fresh=True),
    ]


def _bodies() -> list[Route]:
    """Endorsements, motions and their submissions."""
    here = "/organise/{campaign}/{statement}/endorsements"
    one = f"{here}/{{id:uuid}}"
    return [
        ask(here, endorsements.endorsements, "desk_endorsements", MODERATORS),
        ask(f"{here}/import", importing.import_page, "desk_import", ORGANISERS),
        act(f"{here}/import", importing.import_file, "desk_import_act", ORGANISERS, files=True),
        ask(one, endorsements.endorsement, "desk_endorsement", MODERATORS),
        ask(f"{one}/minutes", endorsements.file, "desk_minutes", MODERATORS),
        ask(f"{one}/logo", endorsements.file, "desk_logo", MODERATORS),
        act(f"{one}/accept", deciding.accept, "desk_accept", MODERATORS),
        ask(f"{one}/ask", deciding.ask_page, "desk_ask", MODERATORS),
        act(f"{one}/ask", deciding.ask, "desk_ask_act", MODERATORS),
        ask(f"{one}/decline", deciding.decline_page, "desk_decline", MODERATORS),
        act(f"{one}/decline", deciding.decline, "desk_decline_act", MODERATORS),
        act(f"{one}/marks", deciding.marks, "desk_marks", ORGANISERS),
        ask(f"{one}/end", deciding.end_page, "desk_end", ORGANISERS),
        act(f"{one}/end", deciding.end, "desk_end_act", ORGANISERS),
        *_motions(),
    ]


def _motions() -> list[Route]:
    """Model motions, and the pipeline of those who put them."""
    here = "/organise/{campaign}/{statement}/motions"
    plans, one = "/organise/{campaign}/{statement}/submissions", f"{here}/{{id:uuid}}"
    return [
        ask(here, motions.motions, "desk_motions", ORGANISERS),
        act(here, motions.add, "desk_motion_add", ORGANISERS, files=True),
        ask(f"{here}/new", motions.new, "desk_motion_new", ORGANISERS),
        act(f"{here}/preview", motions.preview, "desk_motion_preview", ORGANISERS, files=True),
        ask(one, motions.motion, "desk_motion", ORGANISERS),
        act(one, motions.replace, "desk_motion_replace", ORGANISERS, files=True),
        act(f"{one}/publish", motions.publish, "desk_motion_publish", ORGANISERS),
        ask(f"{one}/withdraw", motions.withdraw_page, "desk_motion_withdraw", ORGANISERS),
        act(f"{one}/withdraw", motions.withdraw, "desk_motion_withdraw_act", ORGANISERS),
        ask(plans, submissions.pipeline, "desk_submissions", ORGANISERS),
        ask(f"{plans}/calendar", submissions.calendar, "desk_calendar", ORGANISERS),
        ask(f"{plans}/{{id:uuid}}", submissions.submission, "desk_submission", ORGANISERS),
        act(f"{plans}/{{id:uuid}}", submissions.answer, "desk_submission_answer", ORGANISERS, files=True),
    ]


def _organisations() -> list[Route]:
    """The bodies of the campaign."""
    here = "/organise/{campaign}/organisations"
    one = f"{here}/{{id:uuid}}"
    return [
        ask(here, organisations.organisations, "desk_organisations", ORGANISERS),
        ask(f"{here}/doubles", organisations.doubles, "desk_doubles", ORGANISERS),
        ask(one, organisations.organisation, "desk_organisation", ORGANISERS),
        act(one, organisations.change, "desk_organisation_change", ORGANISERS),
        ask(f"{one}/merge", organisations.merge_page, "desk_merge", ORGANISERS),
        act(f"{one}/merge", organisations.merge, "desk_merge_act", ORGANISERS),
        ask(f"{one}/remove", organisations.remove_page, "desk_organisation_remove", ORGANISERS),
        act(f"{one}/remove", organisations.remove, "desk_organisation_remove_act", ORGANISERS),
    ]


def _words() -> list[Route]:
    """Comments and reports."""
    said, told = (f"/organise/{{campaign}}/{{statement}}/{one}" for one in ("comments", "reports"))
    report = f"{told}/{{id:uuid}}"
    return [
        ask(said, comments.queue, "desk_comments", MODERATORS),
        act(said, comments.judge, "desk_comments_judge", MODERATORS),
        ask(told, reports.queue, "desk_reports", MODERATORS),
        act(f"{report}/end", reports.end, "desk_reports_end", MODERATORS),
        act(f"{report}/back", reports.put_back, "desk_reports_back", MODERATORS),
        act(f"{report}/decline-comment", reports.decline_comment, "desk_reports_decline", MODERATORS),
    ]


def _lists() -> list[Route]:
    """Exports, the hand-over, numbers."""
    here = "/organise/{campaign}/{statement}/exports"
    return [
        ask(here, exports.exports, "desk_exports", ORGANISERS),
        ask(f"{here}/{{list}}", exports.chosen, "desk_export", ORGANISERS, fresh=True),
        act(f"{here}/{{list}}", exports.take, "desk_export_take", ORGANISERS, fresh=True),
        ask(f"{here}/{{export:uuid}}/removals", removals.show_removals, "desk_removals", ORGANISERS),
        act(
            f"{here}/{{export:uuid}}/removals",
            removals.take_removals,
            "desk_removals_take",
            ORGANISERS,
            fresh=True,
        ),
        ask("/organise/{campaign}/{statement}/numbers", numbers.numbers_page, "desk_numbers", READERS),
        ask(
            "/organise/{campaign}/{statement}/numbers/{what}.csv",
            numbers.csv_file,
            "desk_numbers_csv",
            READERS,
        ),
    ]
