"""The command as a process of its own: what it imports, and what its reader sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = "torch|numpy|pytorch_lightning|rich|torchvision|timm|omegaconf"
"""What costs time; pydantic is not among it, since Typer reads arguments with it."""
PROGRAM = f"""
import sys
from polyhead.cli.entry import main
code = main(sys.argv[1:])
heavy = set("{HEAVY}".split("|")) & set(sys.modules)
sys.exit(f"imported: {{heavy}}" if heavy else code)
"""


def run(*arguments: str, folder: Path, plugin: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a new process, which fails if it imports anything heavy."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(plugin)},
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["fit", "--help"], 0),
        (["list"], 0),
        (["show", "beach.yaml", "task.backbone=broad", "task.backbone.depth=2"], 0),
        (["show", "heads.detection"], 0),
        (["show", "trainer"], 0),
        (["fti"], 2),
        (["fit", "beach.yaml", "--josn"], 2),
        (["fit", "beach.yaml", "task.lrr=1"], 2),
        (["fit", "beach.yaml", "--run", "."], 2),
        (["test", "nowhere"], 2),
        (["predict", ".", "CCO"], 2),
    ],
)
def test_torch_is_not_imported_before_there_is_work(
    tmp_path: Path, plugin: Path, arguments: list[str], code: int
) -> None:
    (tmp_path / "beach.yaml").write_text("task: sorting\n")
    done = run(*arguments, folder=tmp_path, plugin=plugin)
    assert done.returncode == code, done.stderr
    assert "imported" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plugin_that_fails_to_import_is_listed_and_shown_all_the_same(tmp_path: Path, plugin: Path) -> None:
    done = run("list", "heads", folder=tmp_path, plugin=plugin)
    assert ["failing", "Fails", "to", "import."] in [line.split() for line in done.stdout.splitlines()]
    assert run("show", "heads.failing", folder=tmp_path, plugin=plugin).returncode == 0


def test_a_name_that_two_packages_claim_is_listed_so_and_only_its_own_use_is_an_error(
    tmp_path: Path, plugin: Path
) -> None:
    second = tmp_path / "second-1.0.dist-info"
    second.mkdir()
    (second / "METADATA").write_text("Metadata-Version: 2.1\nName: second\nVersion: 1.0\n")
    (second / "entry_points.txt").write_text("[polyhead.heads]\nfailing = second:Failing\n")
    both = Path(f"{plugin}{os.pathsep}{tmp_path}")
    listed = run("list", folder=tmp_path, plugin=both)
    assert listed.returncode == 0
    assert any(line.split()[:3] == ["failing", "(claimed", "by"] for line in listed.stdout.splitlines())
    assert run("show", "heads.detection", folder=tmp_path, plugin=both).returncode == 0
    done = run("show", "heads.failing", folder=tmp_path, plugin=both)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("error: the heads 'failing' is claimed by ")


def test_a_reader_who_has_read_enough_hears_no_complaint(tmp_path: Path) -> None:
    code = "import sys; from polyhead.cli.entry import main; sys.exit(main(['show', 'trainer']))"
    program = [sys.executable, "-c", code]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_help_waits_for_nothing_that_only_work_needs() -> None:
    code = """
import sys
from polyhead.cli.entry import main
main(["--help"])
slow = {"torch", "numpy", "rich", "yaml", "pydantic", "statistics", "hashlib", "tempfile", "importlib.metadata"}
sys.exit(f"imported: {slow & set(sys.modules)}" if slow & set(sys.modules) else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
