"""The bench itself, small: its own checks pass (it gives no figures else) and its JSON is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[1]


def test_the_bench_measures_checks_itself_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    line = [sys.executable, "-m", "bench", "--rows", "300", "--seconds", "0.2", "--json", file]
    done = subprocess.run(line, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "target" in done.stdout
    told = json.loads(file.read_text())
    assert set(told) == {"commit", "machine", "figures"}
    assert [figure["id"] for figure in told["figures"]] == ["1", "3", "4", "5", "12"]
    for figure in told["figures"]:
        assert set(figure) == {"id", "what", "value", "reference", "ratio", "target", "met"}
        assert figure["value"] > 0
        if figure["reference"] is None:
            assert figure["met"] == (figure["value"] <= figure["target"])
        else:
            assert figure["ratio"] == figure["value"] / figure["reference"]
            assert figure["met"] == (figure["ratio"] >= figure["target"])
