"""Molecules as graphs and as pictures: one backbone, the same heads."""

import pytest
import torch

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.depicted import Depicted
from polyhead.backbones.molecules import Molecules
from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.store import open_store

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


def test_pictures_alone_are_images_like_any() -> None:
    picture, inputs = convolved(), drawn()
    found = Depicted(picture)(inputs)
    assert found.size == (32, 32)
    assert all(torch.equal(*pair) for pair in zip(found.levels, picture(inputs.pictures / 255).levels, strict=True))


def test_molecules_that_are_not_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="set data"):
        Depicted(convolved())(drawn(0))


def test_each_body_has_its_own_kind() -> None:
    with pytest.raises(ValueError, match="picture takes a backbone of images"):
        Depicted(Molecules(width=8))
    with pytest.raises(ValueError, match="graph one of molecules"):
        Depicted(convolved(), graph=convolved())
