"""Which column of a table holds the molecules: as told, else by its name and by what stands in it."""

from collections.abc import Sequence
from typing import NamedTuple

from polyhead.chemistry.smiles import MOST, is_named, share_of_smiles
from polyhead.chemistry.tables import Table
from polyhead.errors import UserError, choices, nearest


class Chosen(NamedTuple):
    """The column of the molecules.

    Attributes:
        name: Its name.
        others: Columns that hold SMILES, too.
        why: How it was found, for a reader.
    """

    name: str
    others: tuple[str, ...]
    why: str

    @property
    def notes(self) -> list[str]:
        """The sentence to say aloud."""
        also = "".join(f"; {name!r} holds SMILES, not read" for name in self.others)
        return [f"molecules from {self.name!r} ({self.why}){also}"]


def molecules_column(table: Table, told: str = "", option: str = "data.smiles_column") -> Chosen:
    """Return the column that holds the molecules.

    Args:
        table: The table.
        told: Its name, where somebody said it.
        option: What says it, for messages: a key of recipes, or an option of the command line.

    Raises:
        UserError: If there is none, or more than one; it names them.
    """
    if told and told not in table.columns:
        raise UserError(
            f"{table.file}: has no column {told!r}{nearest(told, table.columns)}; choices: {choices(table.columns)}"
        )
    shares = {name: share_of_smiles(cells) for name, cells in table.columns.items()}
    known = told or table.sure
    if known:
        why = "as told" if told else "as the form of the file has it"
        return Chosen(known, others(shares, known), f"{why}; {said(shares[known])}")
    by_name = [name for name, share in shares.items() if is_named(name) and share > 0]
    found = by_name or [name for name, share in shares.items() if share >= MOST]
    if len(found) != 1:
        raise unclear(table, shares, found, option)
    why = "by its name" if by_name else "by what stands in it"
    return Chosen(found[0], others(shares, found[0]), f"{why}; {said(shares[found[0]])}")


def unclear(table: Table, shares: dict[str, float], found: Sequence[str], option: str) -> UserError:
    """Return the error for no column of molecules, or for several; `option` would say which one."""
    if found:
        names = " and ".join(map(repr, found))
        return UserError(f"{table.file}: the columns {names} may all hold the molecules; name one: {option}")
    named = [name for name in shares if is_named(name)]
    why = f"no cell of {named[0]!r} that was looked at is a SMILES" if named else "no column holds SMILES"
    return UserError(f"{table.file}: {why}; name the column of the molecules: {option}; choices: {choices(shares)}")


def others(shares: dict[str, float], chosen: str) -> tuple[str, ...]:
    """Return the columns that seem to hold molecules beside the chosen one."""
    return tuple(name for name, share in shares.items() if name != chosen and share >= MOST)


def said(share: float) -> str:
    """Return in words how many cells are SMILES."""
    return f"{share:.0%} of the cells looked at are SMILES"
