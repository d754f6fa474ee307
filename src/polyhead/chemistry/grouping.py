"""Molecules in groups that a split must not tear apart: equal ones, those of one scaffold, similar ones."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import networkx as nx
import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles

from polyhead.chemistry.domain import packed, similarities, sizes_of

Groups = list[list[int]]
"""Places of molecules, from 0: ascending within a group, and the groups in the order of their first ones."""
ACYCLIC: Final = ""
"""The scaffold of a molecule without rings."""


def alike(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the places of each name, in the order of their first ones."""
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        groups.setdefault(name, []).append(place)
    return groups


def scaffolds(smiles: Sequence[str]) -> list[str]:
    """Return the Bemis-Murcko scaffold of each molecule as SMILES without stereochemistry; `ACYCLIC` without rings."""
    with rdBase.BlockLogs():
        return [MurckoScaffoldSmiles(mol=Chem.MolFromSmiles(one)) for one in smiles]  # type: ignore[no-untyped-call]  # RDKit's stubs lack its types


def neighbours(smiles: Sequence[str], threshold: float) -> list["np.ndarray[Any, np.dtype[np.int64]]"]:
    """Return the places of the later molecules that are similar to each one: time and memory grow as their square.

    Args:
        smiles: Molecules.
        threshold: Tanimoto similarity of Morgan fingerprints (radius 2, 2048 bits) from which on two are similar.
    """
    with rdBase.BlockLogs():
        bits = packed([Chem.MolFromSmiles(one) for one in smiles])
    sizes = sizes_of(bits)
    return [
        np.flatnonzero(similarities(row, bits[after:], sizes[after:]) >= threshold) + after
        for after, row in enumerate(bits, 1)
    ]


def connected(smiles: Sequence[str], threshold: float) -> Groups:
    """Return the connected components of the graph whose edges join similar molecules; arguments as `neighbours`."""
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(range(len(smiles)))
    for place, later in enumerate(neighbours(smiles, threshold)):
        graph.add_edges_from((place, other) for other in later.tolist())
    return ordered(nx.connected_components(graph))


def butina(smiles: Sequence[str], threshold: float) -> Groups:
    """Return Butina's clusters: again and again the molecule with most similar ones, with those not yet in a cluster.

    Numbers of similar ones are not counted again as clusters go. Arguments as `neighbours`.

    References:
        Butina, Unsupervised Data Base Clustering, doi 10.1021/ci9803381; ties are RDKit's, where the last one wins.
    """
    near: list[list[int]] = [[place] for place in range(len(smiles))]
    for place, later in enumerate(neighbours(smiles, threshold)):
        near[place] += later.tolist()
        for other in later.tolist():
            near[other].append(place)
    clusters: Groups = []
    free = [True] * len(smiles)
    for centre in sorted(range(len(smiles)), key=lambda place: (len(near[place]), place), reverse=True):
        if free[centre]:
            clusters.append([place for place in near[centre] if free[place]])
            for place in clusters[-1]:
                free[place] = False
    return ordered(clusters)


def ordered(groups: Iterable[Iterable[int]]) -> Groups:
    """Return groups in the order in which `Groups` has them."""
    return sorted(sorted(group) for group in groups)


def spread(groups: Groups, members: Sequence[Sequence[int]]) -> Groups:
    """Return groups of what stands for several places each, as groups of all those places."""
    return ordered([place for one in group for place in members[one]] for group in groups)
