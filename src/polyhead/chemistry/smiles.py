"""SMILES read by RDKit without a word on the screen; what it has against one is a reason to show."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, final

from rdkit import Chem, rdBase

SYNTAX: Final = "SMILES Parse Error: "
"""What RDKit begins messages of syntax with."""
NAMES: Final = frozenset(
    ("smiles", "canonicalsmiles", "isomericsmiles", "smile", "smi", "mol", "molecule", "molecules", "structure")
)
"""Names of columns of molecules, in small letters and nothing between them."""
SAMPLE: Final = 200
"""Cells of a column that are looked at, spread over all of it."""
MOST: Final = 0.8
"""Share of them that are SMILES where the name does not say so."""


def read(smiles: str) -> Chem.Mol | None:
    """Return the molecule that a SMILES or CXSMILES stands for; None where it is none, which `why_not` explains."""
    if not smiles or trailing(smiles):
        return None
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles)


def spelt(smiles: str) -> Chem.Mol | None:
    """Return what is spelt as a SMILES, be it possible as a molecule or not; None where it is not spelt so."""
    if not smiles or trailing(smiles):
        return None
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles, sanitize=False)


def why_not(smiles: str) -> str:
    """Return in RDKit's words why `read` makes nothing of a SMILES: one line, without a full stop."""
    if not smiles:
        return "nothing stands there"
    if words := trailing(smiles):
        return f"{words!r} stands after a space: a SMILES has none"
    mol = spelt(smiles)
    with rdBase.BlockLogs():
        problems = Chem.DetectChemistryProblems(mol) if mol is not None else ()
    messages = list(dict.fromkeys(" ".join(problem.Message().split()) for problem in problems))
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    return messages[0] + more if messages else misspelt(smiles)


def misspelt(smiles: str) -> str:
    """Return what RDKit says of a SMILES while it reads it, which it tells its log alone."""
    with heard() as lines:
        Chem.MolFromSmiles(smiles)
    told = [line.partition("] ")[2] for line in lines]
    told = [line.removeprefix(SYNTAX).rstrip(":") for line in told if line.startswith(SYNTAX)]
    words = [line.partition(" for input:")[0].partition(" while parsing:")[0] for line in told[:2]]
    return ", ".join(dict.fromkeys(words)) or "RDKit makes nothing of it, and does not say why"


def trailing(smiles: str) -> str:
    """Return what stands after the first space and is no extension of CXSMILES: RDKit takes it for a name."""
    words = smiles.split(maxsplit=1)[1:]
    return "" if not words or words[0].startswith("|") else words[0]


@final
class Ear(logging.Handler):
    """Keeps the messages of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Final[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.lines.append(record.getMessage())


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect what RDKit logs within, instead of showing it."""
    log, ear = logging.getLogger("rdkit"), Ear()
    before, log.handlers = log.handlers, [ear]
    rdBase.LogToPythonLogger()
    try:
        yield ear.lines
    finally:
        rdBase.LogToCppStreams()
        log.handlers = before


def is_named(column: str) -> bool:
    """Whether a column is called as columns of molecules are."""
    return re.sub("[^a-z]", "", column.lower()) in NAMES


def share_of_smiles(cells: Sequence[str]) -> float:
    """Return the share of the cells with something in them that are spelt as SMILES, 0 where there are none.

    Spelling is all that counts: an impossible molecule is one for curation to report.
    """
    held = [cell for cell in cells if cell]
    seen = held[:: max(1, len(held) // SAMPLE)]
    return sum(spelt(cell) is not None for cell in seen) / len(seen) if seen else 0.0
