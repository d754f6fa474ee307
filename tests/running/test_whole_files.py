"""A checkpoint is whole or not there."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead.errors import UserError
from polyhead.running.whole_files import WholeFiles


def test_what_was_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "new" / "last.ckpt"
    WholeFiles().save_checkpoint({"step": 3, "weights": torch.ones(2)}, file)
    assert WholeFiles().load_checkpoint(file)["weights"].tolist() == [1, 1]
    assert [path.name for path in file.parent.iterdir()] == ["last.ckpt"]


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint({"step": 1}, file)
    seen = []
    synchronise = os.fsync

    def look(descriptor: int) -> None:
        synchronise(descriptor)
        seen.append(WholeFiles().load_checkpoint(file)["step"])

    monkeypatch.setattr(os, "fsync", look)
    WholeFiles().save_checkpoint({"step": 2}, file)
    assert seen == [1]
    assert WholeFiles().load_checkpoint(file)["step"] == 2


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint({"step": 1}, file)

    def full(_: int) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"last\.ckpt cannot be written: No space left on device; free some space"):
        WholeFiles().save_checkpoint({"step": 2}, file)
    assert WholeFiles().load_checkpoint(file)["step"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]


def test_only_plain_data_are_read(tmp_path: Path) -> None:
    torch.save({"anything": torch.nn.Linear(1, 1)}, tmp_path / "other.ckpt")
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        WholeFiles().load_checkpoint(tmp_path / "other.ckpt")
