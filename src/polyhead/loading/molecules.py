"""What data of molecules promise, and their items as batches read them."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, final

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.chemistry.graphs import Graphs
from polyhead.contracts import Batch
from polyhead.findings.finding import Finding
from polyhead.loading.loader import Reader
from polyhead.loading.mix import Mix
from polyhead.loading.order import Key
from polyhead.loading.source import Origin, Split


class MoleculeSource(Origin):
    """Labelled molecules, by split and number.

    All is known when it is built: a million molecules are a file that fits into memory.
    """

    loader: ClassVar[str] = "molecules"

    @abstractmethod
    def smiles(self, split: Split) -> Sequence[str]:
        """Return the SMILES of the items of a split, n >= 0."""

    @abstractmethod
    def answers(self, split: Split) -> Mapping[str, Any]:
        """Return, by target name, what is known of the n items of a split, stacked, in the form of `Head.loss`.

        Floats are NaN where nobody measured; an item with nothing else does not carry the target.
        """

    def leaks(self) -> Iterable[Finding]:
        """Return what splits share; here, nobody looks."""
        return ()

    def write(self, run: Path) -> list[str]:  # noqa: ARG002  # here, there is nothing to write
        """Write what is known of single rows into a run folder, and return what there is to say; here, nothing."""
        return []

    def size(self, split: Split) -> int:
        """Return how many molecules a split holds."""
        return len(self.smiles(split))

    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets that a molecule carries."""
        here = torch.tensor([index])
        return {
            name: some_of(stacked, index)
            for name, stacked in self.answers(split).items()
            if bool(labelled(stacked)[here])
        }

    def carried(self, split: Split, index: int) -> Collection[str]:
        """Return the targets that a molecule carries."""
        return self.targets(split, index).keys()

    def name(self, split: Split, index: int) -> str:
        """Return the SMILES of a molecule."""
        return self.smiles(split)[index]


def labelled(stacked: Any) -> Tensor:
    """Return which of n items carry anything of a target, (n,) bool: any float that is not NaN, or a class >= 0."""
    first: Tensor = pytree.tree_leaves(stacked)[0]
    known = first.isfinite() if first.is_floating_point() else first >= 0
    return known.flatten(1).any(1) if known.ndim > 1 else known


def some_of(stacked: Any, rows: Tensor | int) -> Any:
    """Return some of n targets, or one, in the form that they have."""
    return pytree.tree_map_only(Tensor, lambda part: part[rows], stacked)


@final
class Molecules(Reader):
    """The molecules of one split.

    Args:
        source: Where they come from.
        split: Which of its splits.
        names: The targets to keep.
        graphs: What makes the batch of some molecules, by their numbers.
    """

    def __init__(
        self, source: MoleculeSource, split: Split, names: Sequence[str], graphs: Callable[[Sequence[int]], Graphs]
    ) -> None:
        self.source: Final = source
        self.split: Final[Split] = split
        self.names: Final = tuple(names)
        self.graphs: Final = graphs
        self.parts = source.parts(split)
        answers = source.answers(split)
        self.answers: Final = {name: answers[name] for name in names if name in answers}
        self.carry: Final = {name: labelled(stacked) for name, stacked in self.answers.items()}

    def __len__(self) -> int:
        return self.source.size(self.split)

    def __getitems__(self, keys: Sequence[Key]) -> list[int]:
        """Return the numbers of the molecules of a batch."""
        return [key.number for key in keys]

    def collation(self, mix: Mix | None = None) -> Callable[[list[int]], Batch]:
        """Return what makes a Batch of molecules; they are never blended."""
        assert mix is None
        return self.batch

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Return some molecules as a Batch."""
        chosen = torch.tensor(numbers, dtype=torch.long)
        targets, rows = {}, {}
        for name, stacked in self.answers.items():
            here = self.carry[name][chosen]
            if bool(here.any()):
                rows[name] = here.nonzero()[:, 0]
                targets[name] = some_of(stacked, chosen[here])
        return Batch(self.graphs(numbers), targets, rows, {}, ())

    def targets(self, index: int) -> Mapping[str, Any]:
        """Return the wanted targets that a molecule carries."""
        return {name: value for name, value in self.source.targets(self.split, index).items() if name in self.names}

    def unlabelled(self) -> "Molecules":
        """Return the same molecules without their targets."""
        return Molecules(self.source, self.split, (), self.graphs)
