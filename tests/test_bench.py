"""The bench itself, tiny: its own checks pass (it gives no figures else), its JSON is whole, and it can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[1]
IDS = [
    "1",
    "1b",
    "1c",
    "2",
    "3",
    "4",
    "4b",
    "5",
    "6",
    "7",
    "7b",
    "8",
    "8b",
    "8c",
    "9",
    "9b",
    "9c",
    "10",
    "10b",
    "10c",
    "11",
    "11b",
    "11c",
    "11d",
    "11e",
]
IDS += ["12", "13", "13b", "14", "14b"]
MOST = {
    "8",
    "8b",
    "8c",
    "9",
    "9c",
    "10",
    "11",
    "12",
    "14",
    "14b",
}  # of these the target is the most that is good
TOLD = {"1c", "7b", "9b", "10b", "10c", "11b", "11c", "11d", "11e", "13b"}  # without a target


def bench(*options: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "bench", "--quick", *options]
    return subprocess.run(line, cwd=TOP, env=os.environ | env, capture_output=True, text=True, timeout=600)


def test_the_bench_measures_checks_itself_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = bench("--json", file)
    assert done.returncode == 0, done.stderr
    assert "target" in done.stdout
    assert "fsync" in done.stdout
    told = json.loads(file.read_text())
    assert set(told) == {"commit", "machine", "figures"}
    assert [figure["id"] for figure in told["figures"]] == IDS
    for figure in told["figures"]:
        look_at(figure)


def look_at(figure: dict[str, Any]) -> None:
    assert set(figure) == {"id", "what", "value", "reference", "ratio", "target", "met"}
    if figure["what"].startswith("not measured: no "):
        assert figure["value"] is figure["met"] is None
        return
    assert (figure["target"] is None) == (figure["id"] in TOLD)
    judged = figure["value"]
    if figure["reference"] is not None:
        assert figure["value"] > 0
        judged = figure["value"] / figure["reference"]
        assert figure["ratio"] == judged
    if figure["target"] is None:
        assert figure["met"] is None
    elif figure["id"] in MOST:
        assert figure["met"] == (judged <= figure["target"])
    else:
        assert figure["met"] == (judged >= figure["target"])


def test_a_reference_that_does_not_do_its_work_fails_the_bench_and_gives_no_figures(tmp_path: Path) -> None:
    lazy = tmp_path / "smtp-source"
    lazy.write_text("#!/bin/sh\nexit 0\n")
    lazy.chmod(0o755)
    file = tmp_path / "figures.json"
    done = bench("--only", "7,7b", "--json", file, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert "letters the sink got" in done.stderr
    assert done.stdout == ""
    assert not file.exists()


def test_the_day_of_a_record_is_sent_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "day.json"
    done = bench("--record", "20", "--seconds", "1", "--json", file)
    assert done.returncode == 0, done.stderr
    told = {figure["id"]: figure for figure in json.loads(file.read_text())["figures"]}
    assert list(told) == ["day-page", "day-sign", "day-confirm", "day-tally", "day-letters"]
    assert told["day-sign"]["what"].startswith("sign, 10 in ms")


@pytest.mark.parametrize("ids", ["99", "4,x"])
def test_an_unknown_figure_is_named_as_such(ids: str) -> None:
    done = bench("--only", ids)
    assert done.returncode == 2
    assert "4b, 5" in done.stderr
