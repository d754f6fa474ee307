"""SD files: structures with names and data, one record after the other."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rdkit import Chem, rdBase

from polyhead.chemistry.smiles import heard

END: Final = "$$$$"
"""The line that ends a record."""


class Record(NamedTuple):
    """One record.

    Attributes:
        line: The line on which it begins, from 1.
        name: Its first line.
        smiles: The structure; "" where it cannot be read.
        data: By name, what else is said of it.
        flaw: Why the structure cannot be read; "" where it can.
    """

    line: int
    name: str
    smiles: str
    data: dict[str, str]
    flaw: str = ""


def records(text: str) -> list[Record]:
    """Return the records of an SD file; its last one may lack the line that ends it."""
    return [record_of(line, block) for line, block in blocks(text)]


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line's number and the text of each record."""
    start, held = 1, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if line.rstrip() == END:
            yield start, "\n".join(held)
            start, held = number + 1, []
        else:
            held.append(line)
    if any(line.strip() for line in held):
        yield start, "\n".join(held)


def record_of(line: int, block: str) -> Record:
    """Return a record from its text, without the line that ends it.

    A structure that RDKit holds to be impossible is written all the same: whoever reads its SMILES hears why.
    """
    name = block.partition("\n")[0].strip()
    with rdBase.BlockLogs():
        possible = read(block)
        mol = possible or read(block, sanitize=False)
        if mol is not None:
            data = {key: mol.GetProp(key).strip() for key in mol.GetPropNames()}
            return Record(line, name, Chem.MolToSmiles(mol), data)
    with heard() as said:
        read(block)
    return Record(line, name, "", {}, said[0].partition("] ")[2] if said else "RDKit makes nothing of it")


def read(block: str, *, sanitize: bool = True) -> Chem.Mol | None:
    """Return the structure in a record with its data; None where RDKit can make nothing of it."""
    supplier = Chem.SDMolSupplier()
    supplier.SetData(block, sanitize=sanitize)
    return supplier[0] if len(supplier) else None
