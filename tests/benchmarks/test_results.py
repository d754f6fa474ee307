"""The files in which benchmarks keep what they measured."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).parents[2] / "benchmarks" / "_results.py"


@pytest.fixture
def results(tmp_path: Path) -> dict[str, Any]:
    """Return the names of the module, which writes into a folder of the test's own."""
    names: dict[str, Any] = runpy.run_path(str(RESULTS))
    names["write"].__globals__["FOLDER"] = tmp_path / "results"
    return names


def test_rows_are_kept_as_data_and_as_a_table(results: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"what": "a", "ours": "1 s", "met": True}, {"what": "b|c", "note": "new", "peer": "2 s", "met": False}]
    results["write"]("speed", rows, rounds=3)
    kept = json.loads((tmp_path / "results" / "speed.json").read_text())
    assert kept["rows"] == rows
    assert kept["rounds"] == 3
    lines = (tmp_path / "results" / "speed.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")] for line in lines[2:6]]
    assert cells[0] == ["what", "ours", "peer", "met", "note"]
    assert cells[2:] == [["a", "1 s", "", "yes", ""], ["b/c", "", "2 s", "no", "new"]]
    assert "- rounds: 3" in lines


def test_the_machine_is_told_by_processor_cores_load_and_versions(results: dict[str, Any]) -> None:
    told = results["machine"](["torch", "no-such-package"])
    assert told["cores"] >= 1
    assert len(told["load"]) == 3
    assert told["cpu"]
    assert set(told["versions"]) == {"python", "torch", "no-such-package"}
    assert told["versions"]["no-such-package"] is None
