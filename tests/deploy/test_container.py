"""docker-compose.yml, Dockerfile and Caddyfile, as far as a machine without Docker can judge them: read, compared with
the settings, commands and routes of the program, and their steps taken by hand."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from petitions.routes import routes
from petitions.settings import SETTINGS, load
from petitions.storage.binaries import find_binaries
from tests.test_docs import check_command

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {"migrate", "web", "work", "backup"}
# What the images themselves read: hub.docker.com/_/postgres, and our own Dockerfile's Python.
OF_IMAGES = {"POSTGRES_PASSWORD", "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
# No setting for a container: the database is another one, and the image says where to listen.
NOT_PASSED = {"PETITIONS_DATA", "PETITIONS_HOST", "PORT", "DATABASE_OWNER_URL"}
SECRETS = {name for name, one in SETTINGS.items() if one.secret} | {"POSTGRES_PASSWORD"}
OPTIONAL = {"DATABASE_DIRECT_URL", "DATABASE_READ_URL", "PETITIONS_METRICS_TOKEN"}  # secret, and may be empty


def steps(file: str) -> Iterator[tuple[str, list[str]]]:
    """The instructions of a Dockerfile with their words."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / file).read_text()).replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            words = yaml.safe_load(rest) if rest.startswith("[") else shlex.split(rest)
            yield name, words


STEPS = list(steps("Dockerfile"))


def last(name: str) -> list[str]:
    return [words for one, words in STEPS if one == name][-1]


def interpolated(environment: dict[str, str]) -> dict[str, Any]:
    """The compose file as Docker reads it with this .env; KeyError: it would refuse to start."""

    def value(found: re.Match[str]) -> str:
        name, sign, rest = found.groups()
        if environment.get(name):
            return environment[name]
        if sign == ":?":
            raise KeyError(name)
        return rest or ""

    def read(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: read(one) for key, one in node.items()}
        if isinstance(node, list):
            return [read(one) for one in node]
        for _ in range(2):  # the innermost first
            node = re.sub(r"\$\{(\w+)(?:(:[-?])([^${}]*))?\}", value, node) if isinstance(node, str) else node
        return node

    return read(COMPOSE)  # type: ignore[no-any-return]


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """The .env that docs/installing.md has people make, by its own commands."""
    guide = (ROOT / "docs" / "installing.md").read_text()
    blocks = re.findall(r"(?s)```sh\n(.*?)```", guide)
    typed = next(block for block in blocks if "POSTGRES_PASSWORD" in block)
    typed = typed[: typed.rindex("END_OF_SETTINGS")] + "END_OF_SETTINGS\n"
    assert "cat > .env" in typed
    subprocess.run(["sh", "-e", "-c", typed], cwd=tmp_path, check=True)
    assert ((tmp_path / ".env").stat().st_mode & 0o777) == 0o600
    return dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())


def test_every_variable_is_a_setting_or_one_of_the_image():
    named = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    given = {name for one in SERVICES.values() for name in one.get("environment", {})}
    of_image = {part.partition("=")[0] for part in last("ENV")}
    assert named | given | of_image <= set(SETTINGS) | OF_IMAGES
    assert set(COMPOSE["x-settings"]) == set(SETTINGS) - NOT_PASSED
    assert set(re.findall(r"\{\$(\w+)", (ROOT / "deploy" / "Caddyfile").read_text())) <= set(SETTINGS)


def test_nothing_secret_has_a_default():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if name in SECRETS - OPTIONAL:
                assert value == f"${{{name}:?see docs/installing.md}}"
            elif name in OPTIONAL:
                assert value == f"${{{name}:-}}"
    with pytest.raises(KeyError):
        interpolated({})


def test_only_migrations_and_backups_know_the_owners_password():
    knowing = {name for name, one in SERVICES.items() if "DATABASE_OWNER_URL" in one.get("environment", {})}
    assert knowing == {"db", "migrate", "backup"}


def test_the_guides_env_file_is_all_that_it_asks_for(environment):
    compose = interpolated(environment)
    for name in OURS:
        settings = load(compose["services"][name]["environment"])
        assert settings.database_url.startswith("postgresql://petitions_app:")
        assert settings.secrets
        assert settings.address_key
        assert settings.base_url == "https://petitions.example.org"
    assert compose["services"]["proxy"]["environment"] == {
        "PETITIONS_BASE_URL": "https://petitions.example.org"
    }
    assert load(compose["services"]["migrate"]["environment"]).database_owner_url != settings.database_url
    secrets = [
        environment[name] for name in ("POSTGRES_PASSWORD", "PETITIONS_SECRETS", "PETITIONS_ADDRESS_KEY")
    ]
    assert len(set(secrets)) == 3


def test_every_command_exists_and_web_and_work_are_apart():
    commands = [one["command"] for name, one in SERVICES.items() if name in OURS] + [last("CMD")]
    for command in commands:
        assert command[0] == "petitions"
        check_command(list(command[1:]), whole=True)
    assert "--no-work" in SERVICES["web"]["command"]
    assert "--no-work" in last("CMD")
    assert SERVICES["work"]["command"] == ["petitions", "work"]
    assert "ports" not in SERVICES["work"]  # else there could be only one


def test_our_containers_have_nothing_to_write_to_and_no_rights():
    for name in OURS | {"proxy"}:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]
    assert last("USER") == ["10001"]
    assert SERVICES["proxy"]["cap_add"] == ["NET_BIND_SERVICE"]


def test_web_and_work_wait_for_the_migrations_and_those_for_the_database():
    for name in ("web", "work", "backup"):
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["restart"] == "no"
    assert "healthcheck" in SERVICES["db"]


def test_ports_volumes_and_networks_agree(environment):
    compose = interpolated(environment)
    inside = last("EXPOSE")[0]
    assert compose["services"]["web"]["ports"] == [f"127.0.0.1:8000:{inside}"]
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert name == "proxy" or port.startswith("127.0.0.1:"), "only the proxy is for everybody"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or source in ("./deploy/Caddyfile", "./backups")
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"]
        assert set(service.get("networks", [])) <= set(compose["networks"])
    assert SETTINGS["PORT"].default == inside


def test_the_proxy_reaches_web_and_is_believed():
    text = re.sub(r"(?m)#.*$", "", (ROOT / "deploy" / "Caddyfile").read_text())
    assert re.findall(r"reverse_proxy (\S+)", text) == [f"web:{last('EXPOSE')[0]}"]
    # Caddy sets X-Forwarded-For, -Proto and hands on Host by itself, and believes no visitor's.
    assert "header_up" not in text
    assert "trusted_proxies" not in text
    assert "log" not in text.split()
    assert "front" in SERVICES["web"]["networks"]
    assert SERVICES["proxy"]["networks"] == ["front"]
    assert SERVICES["proxy"]["profiles"] == ["public"]
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    default = re.search(r":-(\S+)\}", COMPOSE["x-settings"]["PETITIONS_TRUSTED_PROXIES"])
    assert default
    assert ip_network(network["subnet"]).subnet_of(ip_network(default[1]))  # type: ignore[arg-type]


def test_the_health_check_asks_a_route_on_the_port_that_is_served():
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", " ".join(last("HEALTHCHECK")))
    assert asked
    assert [asked[1]] == last("EXPOSE")
    assert asked[2] in {route.path for route in routes()}
    for name in OURS - {"web"}:
        assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_what_is_copied_exists_and_is_not_kept_out():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    sources = [
        word for name, words in STEPS if name == "COPY" and "--from=build" not in words for word in words[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert source in let_in
    assert set(let_in) == set(sources), "nothing else gets in"
    assert "*" in ignored


def test_libraries_come_by_their_checksums_alone():
    runs = [" ".join(words) for name, words in STEPS if name == "RUN"]
    installs = [run for run in runs if "pip install" in run]
    assert len(installs) == 3
    for run in installs:
        locked = "--require-hashes" in run and re.search(r"-r (\S+\.lock)$", run)
        assert locked or ("--no-deps" in run and "--no-index" in run and run.endswith("dist/*.whl"))
    assert {words[0] for name, words in STEPS if name == "FROM"} == {"python:3.13-slim-trixie"}


def test_the_builders_lock_is_that_of_the_tests():
    def entries(file: Path) -> dict[str, set[str]]:
        found = re.split(r"(?m)^(?=[a-z0-9])", file.read_text())
        return {one.split()[0]: set(re.findall(r"--hash=\S+", one)) for one in found if "==" in one}

    known = entries(ROOT / "requirements-test.lock")
    builders = entries(ROOT / "deploy" / "build.lock")
    assert any(one.startswith("hatchling==") for one in builders)
    for name, hashes in builders.items():
        assert hashes == known[name], name


async def test_the_roles_are_made_with_the_passwords_of_the_addresses(server, environment, tmp_path):
    """The inline file, run by psql as the image's entry point does; under other names, for there are such roles."""
    text = COMPOSE["configs"]["roles"]["content"]
    script = tmp_path / "roles.sql"
    script.write_text(re.sub(r"\bpetitions(_app|_owner)?\b", r"composed\1", text))
    url = server.url("postgres", "postgres")
    connection = await asyncpg.connect(url)
    try:
        subprocess.run(
            [find_binaries() / "psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", script, url],
            env=os.environ | environment, check=True, capture_output=True,
        )  # fmt: skip
        set_ = (
            "select bool_and(rolpassword like 'SCRAM-SHA-256$%') from pg_authid where rolname ~ '^composed_'"
        )
        assert await connection.fetchval(set_)
    finally:
        for what in ("database composed", "role composed_app", "role composed_owner"):
            await connection.execute(f"drop {what}")
        await connection.close()


def test_the_image_s_files_are_named_alike():
    assert fnmatch.fnmatch(SERVICES["db"]["image"], "postgres:18*")
    assert all(one["image"] == "petitions" for name, one in SERVICES.items() if name in OURS)
