"""How curated molecules are divided, as the options of data say."""

from typing import NamedTuple

from polyhead.chemistry.curation import Curated
from polyhead.chemistry.splits import Division, Plan, divide, folds
from polyhead.chemistry.tables import Table
from polyhead.chemistry.told import by_column, by_file
from polyhead.errors import UserError, choices


class Asked(NamedTuple):
    """What the options of data say of splits.

    Attributes:
        plan: The protocol.
        folds: Of so many folds one tests; 0: none.
        number: Which fold, or which division of a file.
        column: That says which split a row is in.
        file: That does.
    """

    plan: Plan
    folds: int
    number: int
    column: str | None
    file: str | None


def divided(table: Table, curated: Curated, asked: Asked) -> Division:
    """Return the molecules that curation kept, by split.

    Raises:
        UserError: If an option is missing or does not suit the protocol, or a split is not to be had.
    """
    kind, smiles = asked.plan.kind, curated.smiles
    check(asked)
    if kind == "column":
        assert asked.column is not None
        if asked.column not in table.columns:
            raise UserError(f"{table.file}: has no column {asked.column!r}; choices: {choices(table.columns)}")
        cells = [table.columns[asked.column][row] for row in curated.rows]
        return by_column(table.file, asked.column, cells, smiles, curated.rows)
    if kind == "file":
        assert asked.file is not None
        return by_file(asked.file, smiles, curated.rows, len(table), asked.number)
    if not asked.folds:
        return divide(smiles, asked.plan)
    every = folds(smiles, asked.plan, asked.folds)
    if not 0 <= asked.number < len(every):
        raise UserError(f"split_number takes 0 to {len(every) - 1} of {len(every)} folds, and not {asked.number}")
    return every[asked.number]


def check(asked: Asked) -> None:
    """Check that options of splits suit each other.

    Raises:
        UserError: If one is missing, or has nothing to do with the protocol.
    """
    kind = asked.plan.kind
    for name, value in (("column", asked.column), ("file", asked.file)):
        if (kind == name) != (value is not None):
            have = f"split_{name} is {value}" if value else f"split_{name} is not set"
            raise UserError(f"{have}, and split is {kind}: set both, split={name} split_{name}=..., or none")
    if asked.folds and kind in {"column", "file"}:
        raise UserError(f"folds={asked.folds} does not suit split={kind}, which says itself what tests")
    if asked.number and not asked.folds and kind != "file":
        raise UserError(f"split_number={asked.number} is of folds and of files; of {kind}, set split_seed or folds")
