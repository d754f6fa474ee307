"""Asking a model about molecules: rows in their order, and a reason where there is no answer."""

import csv
from pathlib import Path

import pytest
import torch

from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.standardising import Rules
from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.errors import UserError
from polyhead.heads.classification import Classification
from polyhead.heads.regression import Regression
from polyhead.model import Model
from polyhead.molecule_predictor import MoleculePredictor, predictor_of
from polyhead.running.predicting_molecules import predict


class Count(Backbone):
    """Features of a molecule: how many atoms and how many bonds it has."""

    spec = FeatureSpec((1,), (), 2)

    def forward(self, inputs: Graphs) -> Features:
        """Return them."""
        bonds = torch.bincount(inputs.item[inputs.bonds[0]], minlength=len(inputs)) / 2
        atoms = torch.bincount(inputs.item, minlength=len(inputs))
        local = torch.ones(len(inputs.item), 1)
        return Features((local,), torch.stack([atoms, bonds], 1).float(), None, inputs.item)


def counting(rules: Rules | None = None) -> MoleculePredictor:
    """Return what says how many atoms and bonds a molecule has, and whether it has any bond."""
    size, bound = Regression(Count.spec, ("atoms", "bonds")), Classification(Count.spec, ("bound",), multilabel=True)
    with torch.no_grad():
        for layer, weight in ((size.layer[-1], torch.eye(2)), (bound.layer[-1], torch.tensor([[0.0, 100.0]]))):
            layer.weight.copy_(weight)
            layer.bias.fill_(0.0 if layer is size.layer[-1] else -50.0)
    return MoleculePredictor(Model(Count(), {"size": size, "bound": bound}), rules or Rules(), Wanted())


def test_answers_come_in_order_with_reasons_between_them() -> None:
    first, bad, blank, last = counting().predict("CCO", "C(C", "", "C", batch=2)
    assert first["size"] == {"values": {"atoms": 3.0, "bonds": 2.0}}
    assert "parentheses" in bad["error"]["reason"]
    assert blank["error"]["reason"] == "nothing stands there"
    assert last["size"] == {"values": {"atoms": 1.0, "bonds": 0.0}}
    assert (first["bound"]["labels"][0]["label"], last["bound"]["labels"]) == ("bound", [])


def test_molecules_are_prepared_as_those_were_that_the_model_learned_from() -> None:
    (answer,) = counting(Rules(salts="largest")).predict("[Na+].CC(=O)[O-]")
    assert answer["size"]["values"]["atoms"] == 4


def test_a_recipe_says_how() -> None:
    data = {"salts": "largest", "atoms": "keep", "stereo": "keep", "duplicates": "keep", "tolerance": 0.5}
    found = predictor_of(counting().model, {**data, "descriptors": ["morgan"], "pictures": 8, "root": None})
    assert (found.rules.salts, found.wanted) == ("largest", Wanted(("morgan",), 8))


def rows_of(file: Path) -> list[list[str]]:
    with file.open(newline="") as opened:
        return list(csv.reader(opened))


def test_a_table_keeps_its_columns_and_rows_and_gets_a_column_an_answer(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,SMILES,atoms\na,CCO,7\nb,C(C,8\n")
    predict(counting(), [str(tmp_path / "in.csv")], tmp_path / "out")
    header, first, second = rows_of(tmp_path / "out" / "predictions.csv")
    assert header == ["id", "SMILES", "atoms", "predicted atoms", "bonds", "bound", "not predicted because"]
    assert first == ["a", "CCO", "7", "3", "2", "1", ""]
    assert second[:-1] == ["b", "C(C", "8", "", "", ""]
    assert "parentheses" in second[-1]


def test_smiles_are_a_table_of_themselves(tmp_path: Path) -> None:
    predict(counting(), ["C", "CC"], tmp_path)
    assert [row[0] for row in rows_of(tmp_path / "predictions.csv")] == ["smiles", "C", "CC"]


def test_a_file_is_not_mixed_with_smiles(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("smiles\nC\n")
    with pytest.raises(UserError, match="molecules are one table, or SMILES one by one"):
        predict(counting(), [str(tmp_path / "in.csv"), "CC"], tmp_path)
