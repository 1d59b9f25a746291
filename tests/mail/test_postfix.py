"""A real mail server between us and the mailbox: postfix, on loopback, in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from petitions.mail.delivery import deliver
from petitions.mail.letters import Letter, LetterKind
from petitions.settings import Settings
from tests.mail.conftest import post, send, sending_to
from tests.mail.postmaster import Postmaster

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("postfix", path="/usr/sbin"),
    reason="postfix is not installed, or this is not root",
)

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = mta.example.org
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
disable_dns_lookups = yes
alias_maps =
alias_database =
smtputf8_enable = yes
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
"""
MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
TEXT = "Dear Zoë,\n\n.\n..dots at the beginning of lines\n" + "賃上げを " * 60 + "\n" + "x" * 1500 + "\n"


@asynccontextmanager
async def postfix(sink: Postmaster) -> AsyncIterator[str]:
    """Its SMTP_URL; what it takes it passes on to the sink."""
    folder = Path(tempfile.mkdtemp(prefix="petitions-postfix-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "etc").mkdir()
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    told = {"folder": folder, "sink": sink.address[1], "port": f"127.0.0.1:{port}"}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**told))
    (folder / "etc" / "master.cf").write_text(MASTER.format(**told))
    command = ["/usr/sbin/postfix", "-c", str(folder / "etc")]
    try:
        done = await asyncio.to_thread(subprocess.run, [*command, "start"], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"postfix does not start here: {done.stderr[-300:]}")
        yield f"smtp://127.0.0.1:{port}?tls=none"
    finally:
        await asyncio.to_thread(subprocess.run, [*command, "stop"], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


async def written(site: Any, row: Any) -> Letter:
    return Letter(
        to=row.recipient,
        subject="Für höhere Löhne: " + "賃上げを " * 30,
        text=TEXT,
        html=f"<p>{TEXT}</p>",
        sender="petitions@example.org",
        sender_name="Zoë’s Campaign, Ltd.",
        reply_to="contact@example.org",
        headers={"List-Id": "<fair-pay.localhost>"},
    )


async def test_letters_pass_a_real_mail_server_unchanged(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    recipients = ["ada@example.org", "zoë@example.org", "eve@bücher.example.org", "o'b.+x@sub.example.org"]
    async with postfix(postmaster) as url, sending_to(settings, url) as site:
        ids = [await post(site, to) for to in recipients]
        for _ in range(100):  # it may take a moment until it listens
            await deliver(site, {"plain": LetterKind(decide=send, render=written)}, once=True)
            if await owner.fetchval("select count(*) from outbox where state = 'sent'") == 4:
                break
            await asyncio.sleep(0.1)
        for _ in range(100):
            if len(postmaster) == 4:
                break
            await asyncio.sleep(0.1)
    wanted = [*recipients[:2], "eve@xn--bcher-kva.example.org", recipients[3]]
    assert {letter.to: letter.message["Message-ID"] for letter in postmaster} == {
        to: f"<{id}@localhost>" for to, id in zip(wanted, ids, strict=True)
    }
    for letter in postmaster:
        assert letter.sender == "petitions@example.org"
        assert "by mta.example.org (Postfix)" in letter.message["Received"].replace("\n", " ")
        assert letter.subject == ("Für höhere Löhne: " + "賃上げを " * 30).strip()
        assert letter.message["From"] == '"Zoë’s Campaign, Ltd." <petitions@example.org>'
        assert letter.message["Reply-To"] == "contact@example.org"
        assert letter.message["List-Id"] == "<fair-pay.localhost>"
        assert letter.message["Auto-Submitted"] == "auto-generated"
        assert letter.text.replace("\r\n", "\n") == TEXT
        assert letter.html.replace("\r\n", "\n").strip() == f"<p>{TEXT}</p>".strip()
