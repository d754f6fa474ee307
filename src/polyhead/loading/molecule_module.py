"""Molecules as batches: featurised once, kept in a packed store, and laid beside each other as one graph."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, final

import torch
from torch import Tensor

from polyhead.chemistry.depiction import depict
from polyhead.chemistry.descriptors import Descriptor
from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.smiles import read
from polyhead.chemistry.store import Store, open_store
from polyhead.errors import UserError, unknown
from polyhead.loading.module import DataModule, at_least
from polyhead.loading.molecules import Molecules, MoleculeSource, labelled, some_of
from polyhead.loading.source import SPLITS, Split

SIDE = 256
"""Of the depictions that are drawn on, in pixels."""


@final
class MoleculeModule(DataModule):
    """Batches of a source's molecules, each batch one graph.

    Args:
        source: Where molecules come from.
        targets: The targets to load; () stands for all that the source offers.
        batch: Molecules a batch (and a process), >= 1; "auto": a run tries which trains fastest, 16 until then.
        workers: Processes that read ahead; None: none, since slicing the store is faster than talking to them.
        descriptors: Numbers of each molecule beside its graph, for backbones that take them: Morgan fingerprints, or
            RDKit's descriptors, or both.
        pictures: Side of the depictions of each molecule that go with its graph, in pixels; 0 for none.
        baseline: Whether results stand beside those of a random forest on Morgan fingerprints.
        allow_bad: How many errors in labels a run leaves out, >= 0.
        seed: Order is a function of it, >= 0.

    Raises:
        UserError: If a target or a value is not to be had; it names the choices.
    """

    noun: ClassVar[str] = "molecule"

    def __init__(
        self,
        source: MoleculeSource,
        targets: tuple[str, ...] = (),
        *,
        batch: int | Literal["auto"] = 64,
        workers: int | None = None,
        descriptors: tuple[Descriptor, ...] = (),
        pictures: int = 0,
        baseline: bool = True,
        allow_bad: int = 0,
        seed: int = 0,
    ) -> None:
        given: dict[str, Any] = {"batch": batch, "workers": workers or 0, "allow_bad": allow_bad, "seed": seed}
        super().__init__(source, targets, **given)
        self.molecules: Final = source
        self.baseline: Final = baseline
        at_least("pictures", pictures, 0)
        every = [smiles for split in SPLITS for smiles in source.smiles(split)]
        self.store: Final[Store] = open_store(every, Wanted(descriptors, pictures))
        self.parts = source.parts("train")
        self.training: Molecules = self.reader("train")

    def reader(self, split: Split) -> Molecules:
        """Return the molecules of a split."""
        before = sum(self.molecules.size(one) for one in SPLITS[: SPLITS.index(split)])
        return Molecules(self.molecules, split, self.names, Shifted(self.store, before))

    def blank(self, items: int = 1) -> Graphs:
        """Return the first training molecules: a graph that shows nothing has no atoms, and no gradient."""
        return self.probe(items)

    def probe(self, items: int) -> Graphs:
        """Return the first training molecules.

        Raises:
            UserError: If there are none.
        """
        if not len(self.training):
            raise UserError("the data has no training molecules; check its root and its split")
        return self.training.graphs(range(min(items, len(self.training))))

    def canvases(self, split: Split, inputs: Graphs, places: range) -> Tensor:  # noqa: ARG002  # graphs have no places
        """Return depictions of some molecules."""
        smiles = self.molecules.smiles(split)
        mols = [read(smiles[place]) for place in places]
        return torch.stack([torch.from_numpy(depict(mol, SIDE)) for mol in mols if mol is not None])

    def write(self, run: Path) -> None:
        """Write what the source has to say of each row into a run folder, and say the sum of it."""
        for line in self.molecules.write(run):
            logging.getLogger("polyhead").warning(line)

    def examples(self, target: str) -> Iterator[Any]:
        """Yield the training targets of one name in one batch, those that are not all unlabelled."""
        if target not in self.names:
            raise unknown("target named", target, self.names)
        stacked = self.training.answers.get(target)
        if stacked is not None and bool((here := labelled(stacked)).any()):
            yield some_of(stacked, here)


@final
class Shifted:
    """The molecules of one split out of a store that has them all."""

    def __init__(self, store: Store, before: int) -> None:
        self.store: Final = store
        self.before: Final = before

    def __call__(self, numbers: Sequence[int]) -> Graphs:
        """Return some molecules as one graph."""
        return self.store.take([self.before + number for number in numbers])
