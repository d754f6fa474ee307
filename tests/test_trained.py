"""Several trained models asked as one."""

from pathlib import Path

import pytest
import torch

import polyhead
from polyhead import checkpoints
from polyhead.checkpoints import Checkpoint
from polyhead.errors import UserError
from polyhead.model import build_model


def stored(folder: Path, name: str, seed: int, **data: object) -> Path:
    """Return a checkpoint of a small network of molecules with random weights."""
    task = {
        "backbone": {"name": "molecules", "width": 8, "depth": 1},
        "heads": {
            "size": {"name": "regression", "hidden": 0},
            "odd": {"name": "classification", "multilabel": True, "hidden": 0},
        },
        "labels": {"size": ["mass"], "odd": ["odd", "even"]},
    }
    torch.manual_seed(seed)
    rules = {"salts": "keep", "atoms": "keep", "stereo": "keep", "duplicates": "keep", "tolerance": 0.5}
    recipe = {"task": task, "data": {**rules, "descriptors": [], "pictures": 0, **data}}
    checkpoints.write(Checkpoint(recipe, build_model(task).state_dict(), 1), folder / name)
    return folder / name


def test_several_runs_answer_with_their_mean_and_their_spread(tmp_path: Path) -> None:
    files = [stored(tmp_path, f"{seed}.ckpt", seed) for seed in range(3)]
    alone = [polyhead.load(file).predict("CCO", score=0.0)[0] for file in files]
    good, bad = polyhead.load(files[0], others=files[1:]).predict("CCO", "C(", score=0.0)
    masses = torch.tensor([one["size"]["values"]["mass"] for one in alone])
    assert good["size"]["values"]["mass"] == pytest.approx(masses.mean().item(), rel=1e-5)
    assert good["size"]["spread"] == {"mass": pytest.approx(masses.std().item(), rel=1e-4)}
    chances = torch.tensor([one["odd"]["labels"][0]["score"] for one in alone])
    assert good["odd"]["labels"][0]["score"] == pytest.approx(chances.mean().item(), abs=1e-4)  # scores are rounded
    assert set(good["odd"]["spread"]) == {"odd", "even"}
    assert "error" in bad


def test_runs_that_prepare_their_molecules_otherwise_are_refused(tmp_path: Path) -> None:
    one, other = stored(tmp_path, "one.ckpt", 0), stored(tmp_path, "other.ckpt", 1, salts="largest")
    with pytest.raises(UserError, match=r"other.ckpt and .*one.ckpt prepare their molecules otherwise"):
        polyhead.load(one, others=[other])
