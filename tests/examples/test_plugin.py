"""The example plugin, installed as a stranger's package would be: into an environment of its own."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the python of a new environment that sees this one's packages, with the plugin installed."""
    home = tmp_path_factory.mktemp("child")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    paths = [path for path in sys.path if "site-packages" in path] + [str(Path(__file__).parents[2] / "src")]
    (inside / "parent.pth").write_text("\n".join(paths) + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", str(PLUGIN)], check=True)
    return python


def run(child: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a module of the child environment, and return what it printed."""
    done = subprocess.run(
        [child, "-m", *command],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_head_is_listed_by_its_entry_point_alone(child: Path, tmp_path: Path) -> None:
    assert "Metres per pixel" in run(child, "polyhead", "list", "heads", cwd=tmp_path).stdout


def test_its_three_line_suite_passes(child: Path, tmp_path: Path) -> None:
    suite = PLUGIN / "tests" / "test_depth.py"
    assert len([line for line in suite.read_text().splitlines() if line and not line.startswith('"""')]) == 3
    done = run(child, "pytest", "-q", "-p", "no:cacheprovider", str(suite), f"--rootdir={tmp_path}", cwd=tmp_path)
    assert "passed" in done.stdout
    assert "failed" not in done.stdout


def test_it_trains_jointly_with_the_built_in_heads(child: Path, tmp_path: Path) -> None:
    small = ["data.images=32", "data.canvas=64", "data.size=64", "trainer.max_time=null", "trainer.max_epochs=2"]
    command = ["polyhead", "fit", "multitask", "task.heads.depth=depth", *small]
    run(child, *command, "--run", "run", "--json", "out.json", cwd=tmp_path)
    measured = json.loads((tmp_path / "out.json").read_text())
    assert {"test/depth/delta1", "test/label/accuracy", "test/boxes/map", "test/mask/miou"} <= measured.keys()
    assert 0 <= measured["test/depth/delta1"] <= 1
