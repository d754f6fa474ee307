"""Molecules as graphs and as pictures: one backbone, the same heads."""

from pathlib import Path

import pytest
import timm
import torch

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.depicted import Depicted
from polyhead.backbones.molecules import Molecules
from polyhead.backbones.timm import Timm
from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.store import open_store
from polyhead.heads.regression import Regression
from polyhead.model import Model
from polyhead.tasks._optimizer import rate_factors

SMILES = ("C", "CCO", "c1ccccc1")


def drawn(side: int = 32) -> Graphs:
    return open_store(SMILES, Wanted(picture=side), disk=False).take([0, 1, 2])


def convolved() -> ConvNet:
    return ConvNet(channels=(4, 8)).eval()


def test_what_both_bodies_see_stands_side_by_side() -> None:
    graph, picture = Molecules(width=8).eval(), convolved()
    inputs = drawn()
    found = Depicted(picture, graph=graph)(inputs)
    assert torch.equal(found.pooled[:, :8], graph(inputs).pooled)
    assert torch.equal(found.pooled[:, 8:], picture(inputs.pictures / 255).pooled)
    assert torch.equal(found.levels[0], graph(inputs).levels[0])
    assert Depicted(picture, graph=graph).spec == ((8,), (), 16)


def test_of_pictures_alone_all_atoms_of_a_molecule_have_its_vector() -> None:
    picture, inputs = convolved(), drawn()
    alone = Depicted(picture)
    found, seen = alone(inputs), picture(inputs.pictures / 255).pooled
    assert torch.equal(found.pooled, seen)
    assert torch.equal(found.levels[0], seen[inputs.item])
    assert alone.spec == ((8,), (), 8)


@pytest.mark.parametrize("graph", [None, Molecules(width=8)], ids=["pictures alone", "graphs too"])
def test_a_model_that_is_deployed_answers_alike(graph: Molecules | None) -> None:
    backbone = Depicted(convolved(), graph=graph)
    model = Model(backbone, {"value": Regression(spec=backbone.spec, labels=())}).eval()
    with torch.no_grad():
        torch.testing.assert_close(model.deploy()(drawn()), model(drawn()))


def test_molecules_that_are_not_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="set data"):
        Depicted(convolved())(drawn(0))


def test_each_body_has_its_own_kind() -> None:
    with pytest.raises(ValueError, match="picture takes a backbone of images"):
        Depicted(Molecules(width=8))
    with pytest.raises(ValueError, match="graph one of molecules"):
        Depicted(convolved(), graph=convolved())


def test_weights_that_were_loaded_learn_more_slowly_and_the_graph_does_not(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "weights.pth")
    picture, graph = Timm(model="test_resnet", weights=str(tmp_path / "weights.pth")), Molecules(width=8)
    factors = rate_factors(Depicted(picture, graph=graph), pretrained=0.1, decay=1.0)
    assert {factors[parameter] for parameter in picture.parameters()} == {0.1}
    assert {factors[parameter] for parameter in graph.parameters()} == {1.0}
    assert Depicted(convolved(), graph=graph).pretrained_part() is None
