"""The audit: who did what, in the transaction of the act, and never to be changed."""

from __future__ import annotations

import getpass

import asyncpg
import pytest

from petitions.organisers import actions as organisers
from tests import makers


async def test_an_act_that_fails_leaves_no_line(site, owner):
    async def broken_act():
        async with site.store.transaction():
            await organisers.note(site, "cli:example", "campaign add")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_act()
    assert await owner.fetchval("select count(*) from audit") == 0


async def test_nobody_changes_or_deletes_a_line(site, owner):
    await makers.campaign(site)
    for command in ("update audit set actor = 'x'", "delete from audit", "truncate audit"):
        async with site.store.held() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(command)
    for command in ("update audit set actor = 'x'", "delete from audit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(command)


def test_the_actor_of_a_command_is_the_system_user_whatever_the_environment_says(monkeypatch):
    real = organisers.cli_actor()
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("LOGNAME", "somebody")
    assert getpass.getuser() == "somebody"
    assert organisers.cli_actor() == real
    assert real.startswith("cli:")
