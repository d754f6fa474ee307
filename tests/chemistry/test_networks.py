"""Molecules as graphs and back."""

from pathlib import Path
from typing import Any

import datamol
import networkx as nx
import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from polyhead.chemistry.networks import draw, fragments, framework, from_networkx, rings, to_networkx, wl_key
from polyhead.chemistry.smiles import read
from polyhead.chemistry.tables import read_table
from polyhead.errors import UserError

DATA = Path(datamol.__file__).parent / "data"
CASES = {
    "nothing": "",
    "one atom": "[He]",
    "atoms without bonds": "[Na+].[Cl-].O",
    "a salt": "C[NH3+].[O-]C(C)=O",
    "a stereo centre": "C[C@H](N)C(=O)O",
    "its mirror image": "C[C@@H](N)C(=O)O",
    "a centre with a lone pair": "C[S@](=O)CC",
    "a ring of pseudo-asymmetric centres": "CC(C)[C@H]1CC[C@H](C(=O)O)CC1",
    "a double bond, E": "F/C=C/Cl",
    "a double bond, Z": "F/C=C\\Cl",
    "two of them": "C/C=C/C=C\\C",
    "explicit hydrogens": "[H]/N=C(/N)C",
    "isotopes": "[2H]O[13CH3]",
    "a radical": "C[CH2]",
    "a carbene": "[CH2]",
    "aromatic rings": "c1ccc2[nH]ccc2c1",
    "an aromatic ion": "C[n+]1ccccc1",
    "a dative bond": "[NH3]->[Pt](Cl)Cl",
    "a square-planar centre": "N[Pt@SP1](F)(Cl)Br",
    "any atom": "*CC",
    "numbered atoms": "[CH3:1][OH:2]",
    "unusual valences": "O=S(=O)(O)C[N+](=O)[O-]",
}


def facts(mol: Chem.Mol) -> tuple[list[Any], list[Any], str]:
    """Return all that RDKit says of the atoms and bonds of a molecule, in their order, and its canonical SMILES."""
    atoms = [
        [
            *(atom.GetSymbol(), atom.GetFormalCharge(), atom.GetTotalNumHs(), atom.GetNumExplicitHs()),
            *(atom.GetNoImplicit(), atom.GetNumRadicalElectrons(), atom.GetIsotope(), atom.GetIsAromatic()),
            *(
                atom.GetAtomMapNum(),
                atom.GetChiralTag(),
                atom.GetHybridization(),
                atom.GetPropsAsDict().get("_CIPCode"),
            ),
        ]
        for atom in mol.GetAtoms()
    ]
    bonds = [
        [
            *(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), bond.GetBondType(), bond.GetIsAromatic()),
            *(bond.GetBondDir(), bond.GetStereo(), tuple(bond.GetStereoAtoms()), bond.GetIsConjugated()),
        ]
        for bond in mol.GetBonds()
    ]
    return atoms, bonds, Chem.MolToSmiles(mol)


def molecule(smiles: str) -> Chem.Mol:
    return read(smiles) or Chem.Mol()


def shuffled(graph: nx.Graph, seed: int = 0) -> nx.Graph:
    """Return a graph with nodes of other names, and nodes and edges in another order."""
    rng = np.random.default_rng(seed)
    names = [f"atom {number}" for number in range(len(graph))]
    rng.shuffle(names)
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(data=True))
    other: nx.Graph = nx.Graph()
    other.add_nodes_from(nodes[place] for place in rng.permutation(len(nodes)))
    turned = [(v, u, said) for u, v, said in edges]
    other.add_edges_from(turned[place] for place in rng.permutation(len(edges)))
    return nx.relabel_nodes(other, dict(zip(graph, names, strict=True)))


@pytest.mark.parametrize("smiles", CASES.values(), ids=CASES.keys())
def test_a_molecule_comes_back_from_its_graph_as_it_was(smiles: str) -> None:
    mol = molecule(smiles)
    assert facts(from_networkx(to_networkx(mol))) == facts(mol)


@pytest.mark.parametrize("smiles", CASES.values(), ids=CASES.keys())
def test_names_and_order_of_nodes_and_edges_say_nothing(smiles: str) -> None:
    mol = molecule(smiles)
    assert facts(from_networkx(shuffled(to_networkx(mol)))) == facts(mol)


@pytest.mark.parametrize("name", ["freesolv.csv", "solubility.test.sdf"])
def test_all_molecules_of_a_data_set_come_back_as_they_were(name: str) -> None:
    table = read_table(DATA / name)
    mols = [molecule(cell) for cell in table.columns[table.sure or "smiles"]]
    assert [facts(from_networkx(to_networkx(mol))) for mol in mols] == [facts(mol) for mol in mols]


@pytest.mark.parametrize("smiles", ["F/C(C)=C/[C@H](O)Cl", "F/C(C)=C\\Cl", "C/C=C/C=C\\C", "F[C@](O)(/C=C/C)/C=C\\C"])
def test_double_bonds_come_back_by_the_atoms_beside_them_where_no_bond_has_a_direction(smiles: str) -> None:
    mol = molecule(smiles)
    for bond in mol.GetBonds():
        bond.SetBondDir(Chem.BondDir.NONE)
    assert facts(from_networkx(shuffled(to_networkx(mol)))) == facts(mol)
    assert Chem.MolToSmiles(mol) == Chem.CanonSmiles(smiles)


def test_hydrogens_that_are_atoms_stay_atoms() -> None:
    mol = Chem.AddHs(molecule("C[C@H](N)/C=C/F"))
    Chem.SanitizeMol(mol)
    graph = to_networkx(mol)
    assert len(graph) == mol.GetNumAtoms()
    assert facts(from_networkx(shuffled(graph))) == facts(mol)


def test_attributes_have_names_that_a_chemist_reads() -> None:
    graph = to_networkx(molecule("[NH3+]C/C=C/c1ccccc1"))
    assert {name: graph.nodes[0][name] for name in ("element", "charge", "hydrogens")} == {
        "element": "N",
        "charge": 1,
        "hydrogens": 3,
    }
    assert (graph.edges[2, 3]["order"], graph.edges[2, 3]["stereo"]) == ("double", "e")
    assert (graph.edges[4, 5]["order"], graph.nodes[4]["aromatic"]) == ("aromatic", True)


def test_a_graph_made_by_hand_is_a_molecule() -> None:
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from([("a", {"element": "C"}), ("b", {"element": "C"}), ("c", {"element": "O"})])
    graph.add_edge("a", "b", order="single")
    graph.add_edge("b", "c", order="double")
    assert Chem.MolToSmiles(from_networkx(graph)) == "CC=O"
    graph.add_edge("a", "c", order="triple")
    with pytest.raises(ValueError, match="Explicit valence"):
        from_networkx(graph)


def test_the_graphs_of_two_molecules_together_are_a_mixture() -> None:
    smiles = ["F/C=C\\Cl", "C[C@H](N)/C=C/C(=O)O"]
    together = nx.disjoint_union_all([to_networkx(molecule(one)) for one in smiles])
    assert Chem.MolToSmiles(from_networkx(together)) == Chem.CanonSmiles(".".join(smiles))


def test_the_parts_of_a_graph_are_the_parts_of_the_molecule() -> None:
    parts = fragments(to_networkx(molecule("C[NH3+].[Cl-].F/C=C/F")))
    assert [Chem.MolToSmiles(from_networkx(part)) for part in parts] == ["C[NH3+]", "[Cl-]", "F/C=C/F"]
    assert fragments(to_networkx(molecule(""))) == []


@pytest.mark.parametrize(("smiles", "sizes"), [("CCC", []), ("C1CC1C", [3]), ("c1ccc2ccccc2c1", [6, 6])])
def test_rings_are_the_smallest_ones(smiles: str, sizes: list[int]) -> None:
    mol = molecule(smiles)
    found = rings(to_networkx(mol))
    assert sorted(map(len, found)) == sizes
    assert set(found) == {frozenset(ring) for ring in mol.GetRingInfo().AtomRings()}


def test_the_framework_is_rdkits_scaffold_for_all_of_freesolv() -> None:
    mols = [molecule(cell) for cell in read_table(DATA / "freesolv.csv").columns["smiles"]]
    for mol in [*mols, molecule("O=C1CCN(Cc2ccccc2)C1CCO"), molecule("C1CC1.CC=O")]:
        scaffold, found = MurckoScaffold.GetScaffoldForMol(mol), framework(to_networkx(mol))
        elements = sorted(atom.GetSymbol() for atom in scaffold.GetAtoms())
        assert sorted(node["element"] for _, node in found.nodes(data=True)) == elements
        assert found.number_of_edges() == scaffold.GetNumBonds()


def test_equal_molecules_share_a_key_and_others_do_not() -> None:
    cells = read_table(DATA / "freesolv.csv").columns["smiles"]
    graphs = [to_networkx(molecule(cell)) for cell in cells]
    keys = [wl_key(graph) for graph in graphs]
    assert [wl_key(shuffled(graph, seed)) for seed, graph in enumerate(graphs)] == keys
    flat = [Chem.MolToSmiles(molecule(cell), isomericSmiles=False) for cell in cells]
    assert len(set(keys)) == len(set(flat)) < len(cells)


@pytest.mark.parametrize(
    ("one", "other"),
    [("CCO", "CC=O"), ("CC", "C[CH2]"), ("C[NH3+]", "CN"), ("[13CH4]", "C"), ("c1ccccc1", "C1=CCCCC1")],
)
def test_bonds_charges_hydrogens_and_isotopes_make_another_key(one: str, other: str) -> None:
    assert wl_key(to_networkx(molecule(one))) != wl_key(to_networkx(molecule(other)))


def test_stereochemistry_makes_no_other_key_and_molecules_without_atoms_have_one() -> None:
    assert wl_key(to_networkx(molecule("C[C@H](F)Cl"))) == wl_key(to_networkx(molecule("CC(F)Cl")))
    assert wl_key(to_networkx(molecule(""))) == wl_key(nx.Graph())


def test_molecules_and_graphs_are_drawn_into_files(tmp_path: Path) -> None:
    mol = molecule("c1ccccc1O")
    draw(mol, tmp_path / "a.svg")
    draw(to_networkx(mol), tmp_path / "b.svg")
    draw(mol, tmp_path / "a.png")
    assert (tmp_path / "a.svg").read_text() == (tmp_path / "b.svg").read_text()
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match=r"a\.pdf: a molecule is drawn as \.svg or \.png"):
        draw(mol, tmp_path / "a.pdf")
