"""A molecule as a networkx graph and back, with nothing lost; and what graphs are good for.

Atoms are nodes and bonds are undirected edges. Everything stands in attributes by name, and nothing in the labels of
the nodes, so that a graph with other labels is the same molecule.

A node has `index` (the number of the atom), `element` ("C"; "*" is any atom), `charge`, `hydrogens` (all that are
bound and are no nodes), `explicit_hydrogens` (those of them that are written), `no_implicit` (whether none are added),
`radicals` (unpaired electrons), `isotope` (0: natural), `aromatic`, `chirality` ("none", "tetrahedral_cw" ..., as seen
along the edges in the order of their `index`), `permutation` (of centres that are not tetrahedral), `map` (0: none).

An edge has `index` (the number of the bond), `start` (`index` of the atom at which it begins, which counts for dative
bonds), `order` ("single", "double", "triple", "aromatic", "dative" ...), `aromatic`, `direction` ("none" ...), `stereo`
("none", "any", "z", "e", "cis", "trans" ...) and `beside` (`index` of the two atoms that this is about, or ()).

A graph made by hand needs `element` and `order`; the rest is then as in a SMILES without brackets. Coordinates, groups
of enhanced stereochemistry and free properties are no part of a graph.
"""

from pathlib import Path
from typing import Any, Final

import networkx as nx
from PIL import Image
from rdkit import Chem, rdBase

from polyhead.chemistry.depiction import depict
from polyhead.chemistry.pictures import drawing
from polyhead.errors import UserError
from polyhead.files import write_text

ROUNDS: Final = 3
"""Of Weisfeiler and Lehman's relabelling: how many bonds from an atom its surroundings count."""
RELATIVE: Final = {
    Chem.BondStereo.STEREOE: Chem.BondStereo.STEREOTRANS,
    Chem.BondStereo.STEREOZ: Chem.BondStereo.STEREOCIS,
}
"""E and Z, which RDKit derives from what they mean for the two atoms beside a double bond."""
SIDE: Final = 400
"""Pixels of a drawing."""
PERMUTATION: Final = "_chiralPermutation"
"""RDKit's property of centres that are not tetrahedral."""


def to_networkx(mol: Chem.Mol) -> nx.Graph:
    """Return a molecule as a graph, labelled by the numbers of its atoms; one without atoms has no node."""
    graph = nx.Graph()
    graph.add_nodes_from((atom.GetIdx(), node_of(atom)) for atom in mol.GetAtoms())
    graph.add_edges_from((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), edge_of(bond)) for bond in mol.GetBonds())
    return graph


def node_of(atom: Chem.Atom) -> dict[str, Any]:
    """Return the attributes of an atom."""
    return {
        "index": atom.GetIdx(),
        "element": atom.GetSymbol(),
        "charge": atom.GetFormalCharge(),
        "hydrogens": atom.GetTotalNumHs(),
        "explicit_hydrogens": atom.GetNumExplicitHs(),
        "no_implicit": atom.GetNoImplicit(),
        "radicals": atom.GetNumRadicalElectrons(),
        "isotope": atom.GetIsotope(),
        "aromatic": atom.GetIsAromatic(),
        "chirality": name_of(atom.GetChiralTag(), "CHI_UNSPECIFIED", "CHI_"),
        "permutation": atom.GetIntProp(PERMUTATION) if atom.HasProp(PERMUTATION) else 0,
        "map": atom.GetAtomMapNum(),
    }


def edge_of(bond: Chem.Bond) -> dict[str, Any]:
    """Return the attributes of a bond."""
    return {
        "index": bond.GetIdx(),
        "start": bond.GetBeginAtomIdx(),
        "order": name_of(bond.GetBondType()),
        "aromatic": bond.GetIsAromatic(),
        "direction": name_of(bond.GetBondDir()),
        "stereo": name_of(bond.GetStereo(), "STEREONONE", "STEREO"),
        "beside": tuple(bond.GetStereoAtoms()),
    }


def name_of(value: Any, none: str = "NONE", prefix: str = "") -> str:
    """Return one of RDKit's enumerations in small letters, "none" for the one that says so."""
    return "none" if value.name == none else value.name.removeprefix(prefix).lower()


def value_of(kind: Any, name: str, none: str = "NONE", prefix: str = "") -> Any:
    """Return the value of one of RDKit's enumerations that `name_of` gave a name."""
    return kind.names[none if name == "none" else prefix + name.upper()]


def from_networkx(graph: nx.Graph) -> Chem.Mol:
    """Return the molecule in a graph, its atoms and bonds in the order of `index`, or else of the graph.

    Of a part of a molecule's graph, stereochemistry that depends on what is missing is lost.

    Raises:
        ValueError: If it is an impossible molecule; it has RDKit's words.
    """
    mol = Chem.RWMol()
    nodes = sorted(graph.nodes, key=lambda node: graph.nodes[node].get("index", 0))
    places = {node: mol.AddAtom(atom_of(graph.nodes[node])) for node in nodes}
    edges = [directed(graph, *edge) for edge in sorted(graph.edges, key=lambda edge: graph.edges[edge].get("index", 0))]
    for start, end in edges:
        add_bond(mol, places[start], places[end], graph.edges[start, end])
    with rdBase.BlockLogs():
        Chem.SanitizeMol(mol)
        for number, (start, end) in enumerate(edges):
            add_stereo(mol.GetBondWithIdx(number), graph, start, end, places)
        Chem.SetDoubleBondNeighborDirections(mol)  # the next line forgets double bonds that have none beside them
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    for number, edge in enumerate(edges):
        direction = graph.edges[edge].get("direction", "none")
        mol.GetBondWithIdx(number).SetBondDir(value_of(Chem.BondDir, direction))
    return mol.GetMol()


def directed(graph: nx.Graph, one: Any, other: Any) -> tuple[Any, Any]:
    """Return the two nodes of an edge, the one at which its bond begins first."""
    start = graph.edges[one, other].get("start")
    return (other, one) if start is not None and start == graph.nodes[other].get("index") else (one, other)


def atom_of(node: dict[str, Any]) -> Chem.Atom:
    """Return the atom that a node's attributes tell."""
    atom = Chem.Atom(node["element"])
    atom.SetFormalCharge(node.get("charge", 0))
    atom.SetNumExplicitHs(node.get("explicit_hydrogens", 0))
    atom.SetNoImplicit(node.get("no_implicit", False))
    atom.SetNumRadicalElectrons(node.get("radicals", 0))
    atom.SetIsotope(node.get("isotope", 0))
    atom.SetIsAromatic(node.get("aromatic", False))
    atom.SetChiralTag(value_of(Chem.ChiralType, node.get("chirality", "none"), "CHI_UNSPECIFIED", "CHI_"))
    if permutation := node.get("permutation", 0):
        atom.SetIntProp(PERMUTATION, permutation)
    atom.SetAtomMapNum(node.get("map", 0))
    return atom


def add_bond(mol: Chem.RWMol, start: int, end: int, edge: dict[str, Any]) -> None:
    """Put a bond between two atoms of a molecule, without the stereochemistry around it."""
    mol.AddBond(start, end, value_of(Chem.BondType, edge["order"]))
    bond = mol.GetBondBetweenAtoms(start, end)
    bond.SetIsAromatic(edge.get("aromatic", edge["order"] == "aromatic"))


def add_stereo(bond: Chem.Bond, graph: nx.Graph, start: Any, end: Any, places: dict[Any, int]) -> None:
    """Let the bond between two nodes have its stereochemistry, if the atoms that this is about are there."""
    edge = graph.edges[start, end]
    stereo = value_of(Chem.BondStereo, edge.get("stereo", "none"), "STEREONONE", "STEREO")
    beside = [
        places[node]
        for near, number in zip((start, end), edge.get("beside", ()), strict=False)
        for node in graph[near]
        if graph.nodes[node].get("index") == number
    ]
    if len(beside) == 2:
        bond.SetStereoAtoms(*beside)
    if len(beside) == 2 or stereo == Chem.BondStereo.STEREOANY:
        bond.SetStereo(RELATIVE.get(stereo, stereo))


def wl_key(graph: nx.Graph) -> str:
    """Return a key that equal molecules share, whatever the order of their atoms; other molecules rarely do.

    It is Weisfeiler and Lehman's hash after `ROUNDS` rounds, of elements, charges, hydrogens, isotopes and
    bonds. It does not see stereochemistry, nor which of two ways round large rings go: whoever needs certainty
    compares canonical SMILES among those that share a key. (Shervashidze et al., Weisfeiler-Lehman Graph Kernels, 2011)
    """
    plain = nx.Graph()
    seen = ("element", "charge", "hydrogens", "isotope")
    plain.add_nodes_from((node, {"said": str([said[name] for name in seen])}) for node, said in graph.nodes(data=True))
    plain.add_edges_from((one, other, {"said": said["order"]}) for one, other, said in graph.edges(data=True))
    return str(nx.weisfeiler_lehman_graph_hash(plain, edge_attr="said", node_attr="said", iterations=ROUNDS))


def fragments(graph: nx.Graph) -> list[nx.Graph]:
    """Return the parts of a molecule that no bond connects, the one with the lowest node first; none of no atoms."""
    return [graph.subgraph(nodes).copy() for nodes in nx.connected_components(graph)]


def rings(graph: nx.Graph) -> list[frozenset[Any]]:
    """Return the nodes of each of the smallest rings of which all others consist: a minimum cycle basis."""
    return [frozenset(nodes) for nodes in nx.minimum_cycle_basis(graph)]


def framework(graph: nx.Graph) -> nx.Graph:
    """Return the rings of a molecule, what connects them, and the atoms at double bonds to these; nothing of chains.

    (Bemis and Murcko, The Properties of Known Drugs, 1996, as RDKit has it)
    """
    core = set(nx.k_core(graph, 2)) if len(graph) else set()
    outside = {
        other for node in core for other, edge in graph[node].items() if other not in core and edge["order"] == "double"
    }
    return graph.subgraph(core | outside).copy()


def draw(molecule: nx.Graph | Chem.Mol, file: str | Path) -> None:
    """Draw a molecule, or its graph, into a file: .svg, or .png of 400 x 400 pixels.

    Raises:
        UserError: If the file is of another kind.
        OSError: If it cannot be written.
    """
    path = Path(file)
    mol = from_networkx(molecule) if isinstance(molecule, nx.Graph) else molecule
    if path.suffix == ".svg":
        write_text(drawing(mol), path)
    elif path.suffix == ".png":
        Image.fromarray(depict(mol, SIDE).transpose(1, 2, 0)).save(path)
    else:
        raise UserError(f"{path}: a molecule is drawn as .svg or .png")
