"""What a run folder tells beside answers."""

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from polyhead.chemistry.calibration import Calibration
from polyhead.chemistry.domain import keep, learn
from polyhead.chemistry.trust import DOMAIN, NOTHING, TRUST, trust_in
from polyhead.errors import UserError
from polyhead.files import json_text, write_text

SMILES = ("CCO", "CCCO", "CCCC")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run folder with promises about one head, and a domain."""
    found = Calibration("values", ("mass",), 0.9, np.array([2.0]), np.full_like([2.0], 20, int))
    heads = {"size": {"verdict": "good", "calibration": found.plain()}, "silent": {"verdict": "good"}}
    write_text(json_text({"heads": heads}), tmp_path / TRUST)
    keep(learn([Chem.MolFromSmiles(one) for one in SMILES], SMILES), tmp_path / DOMAIN)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def test_a_run_and_its_best_checkpoint_tell_and_another_one_does_not(run: Path) -> None:
    for place in (run, run / "checkpoints" / "best.ckpt"):
        found = trust_in(place)
        assert found.beside("size", np.array([[5.0]])) == [{"interval": {"mass": [3.0, 7.0]}}]
        assert found.beside("silent", np.array([[5.0]])) == [{}]
    assert trust_in(run / "checkpoints" / "last.ckpt") is NOTHING
    assert trust_in(run / "alone.ckpt") is NOTHING


def test_a_molecule_has_its_place(run: Path) -> None:
    near, far = trust_in(run).places(["OCC", "[Ti]"])
    assert near == {"nearest": "CCO", "similarity": 1.0, "outside": ""}
    assert "not in training: element Ti" in far["outside"]


def test_a_run_that_keeps_nothing_tells_nothing(tmp_path: Path) -> None:
    found = trust_in(tmp_path)
    assert found.beside("size", np.zeros((2, 1))) == [{}, {}]
    assert found.places(["CCO"]) == [{}]


def test_a_damaged_file_is_named(run: Path) -> None:
    (run / TRUST).write_text('{"heads": {"size": {"calibration": 3}}}')
    with pytest.raises(UserError, match=r"trust.json is damaged: delete it"):
        trust_in(run)
