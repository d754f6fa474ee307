"""Pictures of a split show its first items, whichever share of them the process has that draws."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from polyhead.data.digits import Digits
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.module import DataModule
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.molecules import MoleculeSource
from polyhead.loading.source import Item, Split
from polyhead.model import Model, build_model
from polyhead.running.pictures import draw_split


class Alcohols(MoleculeSource):
    """Five molecules a split, each with the length of its chain."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return a value."""
        return {"length": ("length",)}

    def smiles(self, split: Split) -> Sequence[str]:
        """Return the molecules."""
        return [f"{'C' * length}O" for length in range(1, 6)]

    def answers(self, split: Split) -> Mapping[str, Any]:
        """Return their lengths."""
        return {"length": torch.arange(1.0, 6)[:, None]}

    def fingerprint(self) -> str:
        """Return a constant."""
        return "alcohols"


class Torn(Digits):
    """Scenes of which none can be read."""

    def item(self, split: Split, index: int) -> Item:
        """Fail."""
        raise UserError(f"{split}/{index}.jpg: is truncated; replace it")


def scenes() -> tuple[DataModule, dict[str, Any]]:
    """Return images, and the backbone and head of a model of them."""
    data = ImageModule(Digits(images=20, canvas=32), ("label",), size=32, batch=2, workers=0)
    backbone = {"name": "convnet", "channels": [4, 8], "depth": 1}
    return data, {"backbone": backbone, "heads": {"label": {"name": "classification"}}}


def alcohols() -> tuple[DataModule, dict[str, Any]]:
    """Return molecules, and the backbone and head of a model of them."""
    data = MoleculeModule(Alcohols(), batch=2)
    return data, {"backbone": {"name": "molecules", "width": 8}, "heads": {"length": {"name": "regression"}}}


def drawn(model: Model, data: DataModule, folder: Path) -> dict[str, bytes]:
    """Return the pictures of the test split, by name."""
    targets = {name: name for name in model.named_heads()}
    return {file.name: file.read_bytes() for file in draw_split(model, targets, data, "test", folder).iterdir()}


@pytest.mark.parametrize("made", [scenes, alcohols])
def test_the_first_of_two_processes_draws_what_one_alone_does(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYHEAD_CACHE", str(tmp_path / "cache"))
    data, parts = made()
    model = build_model({**parts, "labels": data.labels()})
    alone = drawn(model, data, tmp_path / "one")
    assert sorted(alone) == [f"test-00{place}.png" for place in range(5)]
    assert len(set(alone.values())) == 5
    data.trainer = SimpleNamespace(global_rank=0, world_size=2)
    assert drawn(model, data, tmp_path / "two") == alone


def test_an_item_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    data, parts = ImageModule(Torn(canvas=32), ("label",), size=32), scenes()[1]
    with pytest.raises(UserError, match=r"test/0\.jpg: is truncated"):
        drawn(build_model({**parts, "labels": data.labels()}), data, tmp_path)
