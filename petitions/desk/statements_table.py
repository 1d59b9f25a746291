"""The lines of the desk's table that are about a statement's text and state."""

from __future__ import annotations

from starlette.routing import Route

from petitions.desk import statements as pages
from petitions.desk import statements_states as states
from petitions.desk import statements_texts as texts
from petitions.desk.lines import act, ask
from petitions.organisers.roles import MODERATORS, ORGANISERS, READERS


def statements() -> list[Route]:
    """Texts: drafts, versions, notes, states."""
    new, here = "/organise/{campaign}/statements", "/organise/{campaign}/{statement}"
    who = ORGANISERS
    return [
        ask(f"{new}/new", pages.new_page, "desk_statement_new", who),
        act(f"{new}/new", pages.add, "desk_statement_add", who, long=True),
        act(f"{new}/preview", pages.preview_new, "desk_statement_preview_new", who, long=True),
        ask(f"{here}/edit", pages.edit_page, "desk_statement_edit", who),
        act(f"{here}/edit", pages.save, "desk_statement_save", who, long=True),
        act(f"{here}/preview", pages.preview_draft, "desk_statement_preview", who, long=True),
        ask(f"{here}/open", states.open_page, "desk_statement_open", who),
        act(f"{here}/open", states.open_draft, "desk_statement_open_button", who),
        ask(f"{here}/close", states.close_page, "desk_statement_close", who),
        act(f"{here}/close", states.close, "desk_statement_close_button", who),
        ask(f"{here}/reopen", states.reopen_page, "desk_statement_reopen", who),
        act(f"{here}/reopen", states.reopen, "desk_statement_reopen_button", who),
        ask(f"{here}/archive", states.archive_page, "desk_statement_archive", who),
        act(f"{here}/archive", states.archive, "desk_statement_archive_button", who),
        ask(f"{here}/dates", states.dates_page, "desk_statement_dates", who),
        act(f"{here}/dates/goal", states.set_goal, "desk_statement_goal", who),
        act(f"{here}/dates/closing", states.set_closing, "desk_statement_closing", who),
        ask(f"{here}/address", states.slug_page, "desk_statement_slug", who),
        act(f"{here}/address", states.rename, "desk_statement_rename", who),
        ask(f"{here}/notes", texts.notes_page, "desk_statement_notes", who),
        act(f"{here}/notes", texts.add_note, "desk_statement_note", who, long=True),
        ask(f"{here}/version", texts.version_page, "desk_statement_version", who),
        act(f"{here}/version", texts.publish, "desk_statement_publish", who, long=True),
        act(f"{here}/version/preview", texts.preview_text, "desk_statement_text_preview", who, long=True),
        ask(f"{here}/reconsent", texts.reconsent_page, "desk_statement_reconsent", who),
        act(f"{here}/reconsent", texts.ask, "desk_statement_reconsent_ask", who),
    ]


def one_statement() -> list[Route]:
    """One statement's own page; last, for any word stands at its place."""
    here = "/organise/{campaign}/{statement}"
    return [ask(here, pages.one_page, "desk_statement", READERS | MODERATORS)]
