"""From a checkpoint and molecules to a page and records."""

import json
from pathlib import Path

import pytest
import torch

from polyhead import checkpoints
from polyhead.checkpoints import Checkpoint
from polyhead.errors import UserError
from polyhead.model import build_model
from polyhead.recipes.resolving import resolve
from polyhead.running.explaining import PAGE, explain_rows


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of a network that answers about two values and was not trained."""
    table = tmp_path_factory.mktemp("data") / "table.csv"
    table.write_text("smiles,mass,charge\n" + "".join(f"{'C' * n},{n}.5,{n % 3}.1\n" for n in range(1, 9)))
    backbone = {"name": "molecules", "width": 16, "depth": 2}
    heads = {"properties": {"name": "regression"}}
    node = {"name": "multitask", "backbone": backbone, "heads": {**heads, "label": None, "boxes": None, "mask": None}}
    recipe = resolve({"task": node, "data": {"name": "molecules", "root": str(table), "salts": "largest"}}).recipe
    recipe = {**recipe, "task": {**recipe["task"], "labels": {"properties": ["mass", "charge"]}}}
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("run") / "some.ckpt"
    checkpoints.write(Checkpoint(recipe, build_model(recipe["task"]).state_dict(), 1), file)
    return file


def test_every_row_is_there_in_its_order_with_an_explanation_or_a_reason(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,smiles\na,OCC\nb,C(C\nc,[Na+].CC(=O)[O-]\n")
    answers, notes = explain_rows(trained, [str(tmp_path / "in.csv")], tmp_path / "out", target="mass")
    first, bad, salt = json.loads(answers.records.read_text())
    assert (first["canonical"], first["found"]["target"], len(first["found"]["atoms"])) == ("CCO", "mass", 3)
    assert bad["found"] is None
    assert "parentheses" in bad["reason"]
    assert (salt["canonical"], len(salt["found"]["atoms"])) == ("CC(=O)O", 4)
    assert notes[1].startswith("completeness: contributions add up")
    text = (tmp_path / "out" / PAGE).read_text()
    assert text.count("<svg") == 2
    assert "parentheses" in text


def test_masking_promises_no_completeness(trained: Path, tmp_path: Path) -> None:
    _, notes = explain_rows(trained, ["CCO"], tmp_path, target="charge", method="masking")
    assert len(notes) == 1


def test_several_values_and_no_molecule_at_all_are_the_users_mistakes(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose one with --target: charge, mass"):
        explain_rows(trained, ["CCO"], tmp_path)
    with pytest.raises(UserError, match=r"SMILES: no row is a molecule \(.*\); nothing to explain"):
        explain_rows(trained, ["C(C"], tmp_path, target="mass")
    assert not any(tmp_path.iterdir())
