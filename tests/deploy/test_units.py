"""The files for systemd and nginx: judged by those programs where they are there, else read."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_docs import check_command

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
COMMAND = "/srv/petitions/.venv/bin/petitions"
OWN = {  # each unit's own; everything else is the same in all
    "execstart", "restart", "restartsec", "timeoutstopsec", "timeoutstartsec", "type", "nice", "ioschedulingclass",
    "readwritepaths",
}  # fmt: skip


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(unit)
    return parser


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_command_of_a_unit_exists(unit):
    words = shlex.split(read(unit)["Service"]["ExecStart"])
    assert words[0] == COMMAND
    check_command(words[1:], whole=True)


def test_all_units_are_shut_in_alike_and_none_kills_the_others_database():
    facts = [{k: v for k, v in read(unit)["Service"].items() if k not in OWN} for unit in SERVICES]
    assert len(facts) == 3
    assert all(one == facts[0] for one in facts)
    for name, value in {
        "User": "petitions", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes",
        "ProtectHome": "yes", "CapabilityBoundingSet": "", "StateDirectory": "petitions", "KillMode": "process",
    }.items():  # fmt: skip
        assert facts[0][name.lower()] == value


def test_systemd_finds_nothing_to_complain_about(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    for unit in [*SERVICES, *DEPLOY.glob("*.timer")]:
        (tmp_path / unit.name).write_text(unit.read_text().replace(COMMAND, "/bin/true"))
    names = [one.name.replace("@.", "@1.") for one in tmp_path.iterdir()]
    (tmp_path / "petitions-work@1.service").symlink_to("petitions-work@.service")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in names)],
        capture_output=True, text=True, env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "petitions" in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


def test_the_timer_has_its_service():
    (timer,) = DEPLOY.glob("*.timer")
    assert timer.with_suffix(".service") in SERVICES
    assert read(timer)["Timer"]["Persistent"] == "yes"


def test_nginx_can_read_its_file_and_hands_on_what_the_site_wants(tmp_path):
    text = (DEPLOY / "nginx.conf").read_text()
    for header in ("Host $host", "X-Forwarded-For $proxy_add_x_forwarded_for", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in text
    assert set(re.findall(r"proxy_pass (\S+);", text)) == {"http://127.0.0.1:8000"}
    assert text.count("access_log off;") == text.count("server {")
    places = ("one", "two", "three", "four", "five", "six")[text.count("petitions.example.org") - 1]
    assert f"in {places} places" in text
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip("no nginx here")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=petitions.example.org",
         "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    text = text.replace("/etc/letsencrypt/live/petitions.example.org", str(tmp_path))
    text = re.sub(r"error_log \S+", f"error_log {tmp_path}/errors", text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/errors; events {{}} http {{ {text} }}"
    )
    done = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
