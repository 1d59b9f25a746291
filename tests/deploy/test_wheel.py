"""The wheel serves by itself: installed into an environment of its own, away from this checkout.

Where uv has the libraries of requirements.lock in its cache (`./run` put them there), the environment is truly clean:
those, with their hashes, and the wheel. Elsewhere the libraries of this environment are lent to it by path; the
checkout is not, because Python reads no path files there. Nothing is downloaded.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.test_drill import until
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PETITIONS_LANGUAGE": "de"}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="petitions-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def built(place) -> Path:
    """A folder with wheel and sdist."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", place / "dist"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return place / "dist"


@pytest.fixture(scope="module")
def installed(place, built) -> Path:
    """The command of an environment that knows the wheel and not the checkout."""
    (wheel,) = built.glob("*.whl")
    target = place / "environment"
    with_uv(target, wheel) or with_lent_libraries(target, wheel)
    return target / "bin" / "petitions"


def with_uv(target: Path, wheel: Path) -> bool:
    python = target / "bin" / "python"
    install = ["uv", "pip", "install", "-q", "--offline", "--python", python]
    try:
        quiet("uv", "venv", "-q", "--python", sys.executable, target)
        quiet(*install, "--require-hashes", "-r", ROOT / "requirements.lock")
        quiet(*install, "--no-deps", wheel)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def with_lent_libraries(target: Path, wheel: Path) -> bool:
    quiet(sys.executable, "-m", "venv", "--clear", "--without-pip", target)
    (site,) = target.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = target / "bin" / "petitions"
    command.write_text(f"#!{target}/bin/python\nfrom petitions.cli import main\nmain()\n")
    command.chmod(0o755)
    return True


def quiet(*command: str | Path) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True, cwd="/", env=os.environ | {"VIRTUAL_ENV": ""}
    ).stdout


def run(installed: Path, *words: str) -> str:
    folder = installed.parents[2] / "elsewhere"
    done = subprocess.run([installed, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_template_query_picture_and_language(built):
    (wheel,) = built.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (
        ("templates", "petitions/_share/"),
        ("sql", "petitions/_share/"),
        ("petitions", ""),
    ):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
                assert inside + str(file.relative_to(ROOT)) in held, file
    assert not any(name.startswith(("tests", "bench", "data", ".")) for name in held)


def test_the_source_archive_holds_what_builds_the_wheel_again(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "sql/schema.sql",
        "templates/base.html",
        "petitions/cli.py",
        "README.md",
    } <= held
    assert not any(name.startswith(("tests/", "bench/", "data/", ".venv/")) for name in held)


def test_the_library_lock_holds_whatever_the_wheel_requires(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode()
    wanted = {one.lower() for one in re.findall(r"(?m)^Requires-Dist: ([\w-]+)(?!.*extra ==)", text)}
    locked = set(re.findall(r"(?m)^([\w-]+)==", (ROOT / "requirements.lock").read_text()))
    assert wanted
    assert wanted <= locked


def test_it_serves_from_the_wheel_alone(installed):
    where = quiet(installed.with_name("python"), "-c", "import petitions; print(petitions.__file__)")
    assert where.startswith(str(installed.parents[1]))
    port = free_port()
    elsewhere = installed.parents[2] / "elsewhere"
    elsewhere.mkdir()
    site = subprocess.Popen(
        [installed, "serve", "--port", str(port)],
        cwd=elsewhere, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://localhost:{port}") as browser:
            until(lambda: site.poll() is None and answers(browser), "the site to start")
            assert "public-buses" in run(installed, "demo")
            assert re.search(r"(?m)^ok +schema", run(installed, "check"))
            look_around(browser)
    finally:
        site.terminate()
        assert site.wait(60) == 0


def answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def look_around(browser: httpx.Client) -> None:
    assert "Put our buses back in public hands" in browser.get("/", follow_redirects=True).text
    page = browser.get("/public-buses")
    assert page.status_code == 200
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert files
    for file in files:
        assert browser.get(file).status_code == 200
    nothing = browser.get("/there-is-no-such-page")
    assert nothing.status_code == 404
    assert 'lang="de"' in nothing.text
    assert "Unter dieser Adresse gibt es keine Seite" in nothing.text
