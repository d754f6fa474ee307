"""Heads that were trained on a frozen backbone, and put beside those that it learned with."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils import _pytree as pytree

from polyhead import checkpoints, swapping
from polyhead.ops.pictures import save
from polyhead.recipes.resolving import resolve
from polyhead.running import prediction
from polyhead.running.other_names import start_from
from polyhead.running.outcome import Outcome
from polyhead.running.training import fit
from polyhead.trained import load

LENGTH = ["trainer.max_steps=1", "trainer.max_epochs=-1", "trainer.enable_progress_bar=false", "trainer.logger=false"]
AGAIN = ["task.heads={again: {name: segmentation, target: mask, width: 8}, label: null, boxes: null, mask: null}"]


@pytest.fixture(scope="module")
def trained(outcome: Outcome, recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of one further head on the backbone of three, which is frozen."""
    run, start = tmp_path_factory.mktemp("again") / "run", start_from(outcome.run, None)
    return fit(resolve(recipe, [*AGAIN, "task.freeze=[backbone]", *LENGTH]).recipe, run, start=start).run


@pytest.fixture(scope="module")
def joined(outcome: Outcome, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of all four."""
    folder = tmp_path_factory.mktemp("joined")
    swapping.save(swapping.take(checkpoints.read(trained), "again"), folder / "again.head")
    checkpoints.write(
        swapping.put(checkpoints.read(outcome.run), swapping.read(folder / "again.head")), folder / "a.ckpt"
    )
    return folder / "a.ckpt"


def answers(trained: Path) -> dict[str, list[torch.Tensor]]:
    """Return all tensors that each head of a checkpoint makes of some images, as `polyhead predict` asks it."""
    predictor = load(trained)
    images = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        outputs = predictor.model(predictor.to_inputs(images))
    return {
        name: [leaf for leaf in pytree.tree_leaves(some) if isinstance(leaf, torch.Tensor)]
        for name, some in outputs.items()
    }


def test_each_head_answers_bit_for_bit_as_where_it_was_trained(outcome: Outcome, trained: Path, joined: Path) -> None:
    before, found = answers(outcome.run) | answers(trained), answers(joined)
    assert found.keys() == {"label", "boxes", "mask", "again"}
    for name, tensors in found.items():
        assert len(tensors) == len(before[name]) > 0
        assert all(torch.equal(*pair) for pair in zip(tensors, before[name], strict=True))


def test_predict_takes_it_and_says_of_each_head_what_was_said(
    outcome: Outcome, trained: Path, joined: Path, tmp_path: Path
) -> None:
    pixels = torch.randint(0, 256, (3, 50, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
    save(pixels, tmp_path / "a.png")
    said = [
        json.loads(prediction.predict(path, [str(tmp_path / "a.png")], tmp_path / name).records.read_text())[0]["heads"]
        for name, path in (("three", outcome.run), ("one", trained), ("four", joined))
    ]
    assert said[2] == said[0] | said[1]


def test_a_run_starts_from_it(joined: Path, recipe: dict[str, Any], tmp_path: Path) -> None:
    four = "task.heads.again={name: segmentation, target: mask, width: 8}"
    frozen = "task.freeze=[backbone, heads.again, heads.label, heads.mask]"
    run = fit(resolve(recipe, [four, frozen, *LENGTH]).recipe, tmp_path / "run", start=start_from(joined, None)).run
    before, after = (checkpoints.read(path).weights for path in (joined, run))
    kept = [name for name in before if not name.startswith("heads.boxes.")]
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in kept)
