"""Files that are no checkpoints say so, and an old one still loads."""

from pathlib import Path

import pytest
import torch

import polyhead
from polyhead import checkpoints
from polyhead.errors import UserError

STORED = Path(__file__).parent / "files" / "format-1.ckpt"


def test_a_stored_checkpoint_of_format_1_loads_and_answers() -> None:
    said = polyhead.load(STORED).predict(torch.full((3, 40, 48), 128, dtype=torch.uint8))
    assert said[0]["label"]["label"] in "0123456789"


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    stored = torch.load(STORED, weights_only=True)
    stored["polyhead"]["format"] = checkpoints.FORMAT + 1
    torch.save(stored, tmp_path / "new.ckpt")
    with pytest.raises(UserError, match="has format 2, and this version reads up to 1: update polyhead"):
        checkpoints.read(tmp_path / "new.ckpt")


def test_weights_that_do_not_fit_their_recipe_name_the_first(tmp_path: Path) -> None:
    stored = torch.load(STORED, weights_only=True)
    del stored["state_dict"]["model.heads.label.layer.1.bias"]
    torch.save(stored, tmp_path / "torn.ckpt")
    with pytest.raises(UserError, match=r"does not fit its recipe: .*heads\.label\.layer\.1\.bias"):
        polyhead.load(tmp_path / "torn.ckpt")


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint", b"PK\x03\x04 torn zip", b"task:\n  name: detection", b"GIF89a", b"\x89PNG"]
)
def test_another_file_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(UserError, match=r"a\.ckpt is no checkpoint"):
        checkpoints.read(tmp_path / "a.ckpt")


def test_half_a_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    whole = STORED.read_bytes()
    (tmp_path / "half.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"half\.ckpt is no checkpoint"):
        checkpoints.read(tmp_path / "half.ckpt")


def test_a_pickled_object_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"polyhead": torch.nn.Linear(1, 1)}, tmp_path / "object.ckpt")
    with pytest.raises(UserError, match="is no checkpoint"):
        checkpoints.read(tmp_path / "object.ckpt")


@pytest.mark.parametrize(
    "content", [{"state_dict": {}}, {"polyhead": 1}, {"polyhead": {"format": 1, "recipe": {}}}, [1, 2]]
)
def test_a_checkpoint_of_another_program_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match="of another program"):
        checkpoints.read(tmp_path / "other.ckpt")


def test_an_empty_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no run folder"):
        checkpoints.read(tmp_path)


def test_of_a_folder_of_runs_the_newest_is_named(tmp_path: Path) -> None:
    for day in ("2026-01-02", "2025-12-31"):
        (tmp_path / day / "checkpoints").mkdir(parents=True)
        (tmp_path / day / "checkpoints" / "best.ckpt").touch()
    with pytest.raises(UserError, match=r"is no run folder.* such as .*2026-01-02$"):
        checkpoints.read(tmp_path)


def test_a_path_to_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no run folder and no checkpoint at .*nowhere"):
        checkpoints.read(tmp_path / "nowhere")
