"""Runs on blended images, and heads that cannot learn from such."""

from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running.training import fit

MIX = "data.mix={mixup: 0.2, cutmix: 1.0, share: 0.5}"


def test_a_classifier_trains_on_blended_images(recipe: dict[str, Any], tmp_path: Path) -> None:
    alone = ["task.heads.boxes=null", "task.heads.mask=null", "task.heads.label.smoothing=0.1"]
    outcome = fit(resolve(recipe, [*alone, MIX, "data.mix.share=1.0"]).recipe, tmp_path / "run")
    assert 0 <= outcome.metrics["test/label/accuracy"] <= 1


def test_heads_of_places_are_refused(recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"task\.heads\.boxes: data\.mix blends .* set data\.mix=none, or leave"):
        fit(resolve(recipe, [MIX]).recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
