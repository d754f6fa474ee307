"""Every encoder of molecules does what a convolution of graphs promises."""

import subprocess
import sys

import pytest
import torch
from molecule_batches import NAMES, SMILES, batch_of, small
from rdkit import Chem

from polyhead.backbones.molecules import Molecules
from polyhead.backbones.molecules.backbone import EncoderName
from polyhead.chemistry.attribution import integrated_gradients
from polyhead.chemistry.features import BOND, featurise
from polyhead.chemistry.graphs import Graphs, collate
from polyhead.contracts import Features
from polyhead.errors import UserError

FORMS: list[dict[str, object]] = [
    {},
    {"pooling": "sum", "norm": "batch", "virtual_node": True},
    {"pooling": "attention", "norm": "layer", "depth": 1},
]
every = pytest.mark.parametrize("encoder", NAMES)
local = pytest.mark.parametrize("encoder", [name for name in NAMES if name != "gps"])  # whose attention goes anywhere
forms = pytest.mark.parametrize("options", FORMS, ids=["plain", "batch norm and virtual node", "layer norm, one step"])


def answer(backbone: Molecules, graphs: Graphs) -> Features:
    with torch.no_grad():
        return backbone(graphs)


@every
@forms
def test_numbering_the_atoms_otherwise_moves_their_vectors_and_leaves_the_molecule_as_it_is(
    encoder: EncoderName, options: dict[str, object]
) -> None:
    backbone = small(encoder, **options)
    for smiles in ("CC(=O)Nc1ccccc1O", "C[C@H](N)C(=O)O", "[Na+].OC=C"):
        mol = Chem.MolFromSmiles(smiles)
        order = torch.randperm(mol.GetNumAtoms(), generator=torch.Generator().manual_seed(1))
        one = answer(backbone, collate([featurise(mol)]))
        other = answer(backbone, collate([featurise(Chem.RenumberAtoms(mol, order.tolist()))]))
        torch.testing.assert_close(other.levels[0], one.levels[0][order], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(other.pooled, one.pooled, rtol=1e-4, atol=1e-5)


@every
@forms
def test_a_molecule_has_the_same_features_alone_as_in_a_batch(encoder: EncoderName, options: dict[str, object]) -> None:
    backbone, graphs = small(encoder, **options), batch_of(*SMILES)
    together = answer(backbone, graphs)
    for row in range(len(SMILES)):
        alone = answer(backbone, batch_of(SMILES[row]))
        torch.testing.assert_close(alone.pooled[0], together.pooled[row], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone.levels[0], together.levels[0][graphs.item == row], rtol=1e-4, atol=1e-5)


@every
@forms
@pytest.mark.parametrize("smiles", [("O",), ("[Na+].[Cl-]",), ("",), ("", "O"), ("C", "", "CC")])
def test_molecules_of_one_atom_and_of_none_train(
    smiles: tuple[str, ...], encoder: EncoderName, options: dict[str, object]
) -> None:
    backbone = small(encoder, **options).train()
    features = backbone(batch_of(*smiles))
    assert features.pooled.shape == (len(smiles), 16)
    assert features.pooled.isfinite().all()
    if features.pooled.requires_grad:
        (features.pooled.sum() + features.levels[0].sum()).backward()
    gradients = [parameter.grad for parameter in backbone.parameters() if parameter.grad is not None]
    assert all(gradient.isfinite().all() for gradient in gradients)


@every
def test_a_batch_of_no_molecules_has_no_features(encoder: EncoderName) -> None:
    features = answer(small(encoder), collate([]))
    assert (features.pooled.shape, features.levels[0].shape) == ((0, 16), (0, 16))


@every
@forms
def test_every_weight_gets_a_finite_gradient(encoder: EncoderName, options: dict[str, object]) -> None:
    backbone = small(encoder, **options).train()
    features = backbone(batch_of(*SMILES))
    weights = torch.randn(features.pooled.shape, generator=torch.Generator().manual_seed(0))
    (features.pooled * weights).sum().backward()
    for name, parameter in backbone.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@every
@forms
def test_bfloat16_changes_little(encoder: EncoderName, options: dict[str, object]) -> None:
    backbone, graphs = small(encoder, **options), batch_of(*SMILES)
    plain = answer(backbone, graphs)
    with torch.autocast("cpu", torch.bfloat16):
        half = answer(backbone, graphs)
    for one, other in ((half.pooled, plain.pooled), (half.levels[0], plain.levels[0])):
        assert (one.float() - other).norm() / other.norm() < 0.03


@local
def test_an_atom_knows_what_is_within_the_steps_and_nothing_beyond(encoder: EncoderName) -> None:
    backbone = small(encoder, depth=3)
    first = [answer(backbone, batch_of(smiles)).levels[0][0] for smiles in ("CCCCCCC", "CCCCCCO", "CCCO")]
    torch.testing.assert_close(first[0], first[1])
    assert not torch.allclose(first[0], first[2], rtol=1e-3, atol=1e-4)


@local
def test_through_the_virtual_node_everything_is_two_steps_away(encoder: EncoderName) -> None:
    backbone = small(encoder, depth=3, virtual_node=True)
    first = [answer(backbone, batch_of(smiles)).levels[0][0] for smiles in ("CCCCCCC", "CCCCCCO")]
    assert not torch.allclose(*first, rtol=1e-4, atol=1e-5)


@every
def test_all_but_gcn_see_the_kind_of_a_bond(encoder: EncoderName) -> None:
    graphs = batch_of("CCO")
    kinds = graphs.kinds.clone()
    kinds[0] = 1  # the other bond of the atom between stays
    other = Graphs(graphs.atoms, kinds, graphs.bonds, graphs.item, graphs.extras, graphs.pictures)
    backbone = small(encoder)
    same = torch.allclose(answer(backbone, graphs).pooled, answer(backbone, other).pooled)
    assert same == (encoder == "gcn")


@every
@pytest.mark.parametrize(
    ("column", "smiles"),
    [
        ("atom.isotope", ("CCO", "C[13CH2]O")),
        ("atom.chirality", ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O")),
        ("bond.stereo", ("F/C=C/Cl", "F/C=C\\Cl")),
    ],
)
def test_molecules_that_differ_in_an_ignored_column_are_alike(
    column: str, smiles: tuple[str, str], encoder: EncoderName
) -> None:
    one, other = answer(small(encoder, ignore=[column]), batch_of(*smiles)).pooled
    torch.testing.assert_close(one, other)
    one, other = answer(small(encoder, ignore=["atom.ring"]), batch_of(*smiles)).pooled
    assert torch.allclose(one, other) == (encoder == "gcn" and column == "bond.stereo")


def test_without_their_size_a_mean_takes_rings_for_one_another_and_a_sum_does_not() -> None:
    for pooling in ("mean", "sum"):
        one, other = answer(small(pooling=pooling, ignore=["atom.ring"]), batch_of("C1CCCC1", "C1CCCCC1")).pooled
        assert torch.allclose(one, other) == (pooling == "mean")


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        (["ring"], "no column of task.backbone.ignore 'ring'"),
        (["atom.rings"], r"'atom.rings' \(did you mean 'atom.ring'\?\); choices: atom.aromatic, .*bond.type"),
        ([f"bond.{name}" for name in BOND], "leaves nothing of bonds: take one of their columns out"),
    ],
)
def test_a_column_that_cannot_be_ignored_is_refused(ignore: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        small(ignore=ignore)


def test_a_sum_counts_and_a_mean_does_not() -> None:
    for pooling, factor in (("sum", 2), ("mean", 1)):
        one, two = answer(small(pooling=pooling), batch_of("CCO", "CCO.CCO")).pooled
        torch.testing.assert_close(two, factor * one)


def test_of_twenty_atoms_the_sum_is_as_large_as_the_mean() -> None:
    sums, means = small(pooling="sum"), small(pooling="mean")
    means.load_state_dict(sums.state_dict())
    icosane = batch_of("C" * 20)
    torch.testing.assert_close(answer(sums, icosane).pooled, answer(means, icosane).pooled)


@every
def test_contributions_of_atoms_add_up(encoder: EncoderName) -> None:
    backbone, graphs = small(encoder), batch_of(*SMILES)
    weights = torch.randn(16, generator=torch.Generator().manual_seed(0))
    found = integrated_gradients(lambda batch: backbone(batch).pooled @ weights, graphs, backbone.embeddings(), 64)
    assert found.atoms.abs().max() > 0.01
    assert (found.error(graphs.item) < 0.02 * found.score.abs().max()).all()


def test_descriptors_are_standardised_and_appended() -> None:
    backbone = small(descriptors=2).train()
    draw = torch.Generator().manual_seed(0)
    for _ in range(200):
        extras = torch.tensor([100.0, -3.0]) + torch.tensor([20.0, 1.0]) * torch.randn(64, 2, generator=draw)
        backbone(with_extras(extras))
    assert (backbone.spec.width, backbone.spec.channels) == (18, (16,))
    pooled = answer(backbone.eval(), with_extras(torch.tensor([[100.0, -3.0], [120.0, -2.0], [1e9, -3.0]]))).pooled
    torch.testing.assert_close(pooled[:, 16:], torch.tensor([[0, 0], [1, 0.95], [5, 0]]), rtol=0, atol=0.1)


def with_extras(extras: torch.Tensor) -> Graphs:
    graphs = batch_of(*["C"] * len(extras))
    return Graphs(graphs.atoms, graphs.kinds, graphs.bonds, graphs.item, extras, graphs.pictures)


@pytest.mark.parametrize(("asked", "given"), [(0, 3), (3, 0), (2, 3)])
def test_another_number_of_descriptors_is_refused(asked: int, given: int) -> None:
    with pytest.raises(UserError, match=rf"descriptors is {asked}, .* with {given}: set descriptors={given}"):
        small(descriptors=asked)(with_extras(torch.zeros(2, given)))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"depth": 0}, "depth=0"), ({"width": 0}, "width=0"), ({"encoder": "gps", "width": 18}, "multiple of 4")],
)
def test_what_cannot_be_built_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**options)  # type: ignore[arg-type]  # it is wrong


def test_those_of_our_own_do_not_wait_for_pyg() -> None:
    code = (
        "import sys; from polyhead.backbones.molecules import Molecules;"
        "Molecules(encoder='dmpnn', pooling='attention'); Molecules(encoder='gcn', virtual_node=True);"
        "sys.exit('torch_geometric' in sys.modules or 'rdkit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
