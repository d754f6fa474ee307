"""Tables of molecules, CSV, TSV, SMI, Parquet and SDF, as columns of texts that know where they stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from polyhead.errors import UserError, choices
from polyhead.findings.reading import cells_of, mark_of, named, read_text

if TYPE_CHECKING:
    from polyhead.chemistry.structures import Record

TEXTS: Final = frozenset({".csv", ".tsv", ".tab", ".txt"})
LISTS: Final = frozenset({".smi", ".smiles", ".ism"})
PARQUET: Final = frozenset({".parquet", ".pq"})
STRUCTURES: Final = frozenset({".sdf", ".sd"})
SURE: Final = "structure"
"""Column of the molecules of a file whose form says where they are."""
BLANK: Final = frozenset({"", "#n/a", "#na", "-nan", "<na>", "n/a", "na", "nan", "null", "none"})
"""What stands where nobody measured, in lower case: pandas' words, so that rows are blank here where they are there."""


@final
@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds; R rows.

    Attributes:
        file: Its path.
        columns: By name, R cells without spaces around them; "" where nothing stands, or one of `BLANK`.
        lines: (R,) the line on which each row begins, from 1; () of Parquet, which has none.
        flaws: By row, from 0, why it cannot be read; its cells are those that could.
        sure: The column that holds the molecules, where the form of the file says so; else "".
    """

    file: Path
    columns: dict[str, list[str]]
    lines: Sequence[int]
    flaws: dict[int, str] = field(default_factory=dict)
    sure: str = ""

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(next(iter(self.columns.values()), ()))

    def place(self, row: int) -> str:
        """Return the place of a row, counted from 0, as a reader sees it: "row 3 (line 5)", "row 3"."""
        return f"row {row + 1} (line {self.lines[row]})" if self.lines else f"row {row + 1}"


def read_table(file: str | Path) -> Table:
    """Return the table in a file, whose form its suffix tells; .gz may follow that of a text.

    Rows without a cell (empty lines) are no rows, as pandas has it; rows with too few or too many cells are, with a
    flaw. A text whose first line has a molecule in it, and no name of a column, has no header: its columns are called
    "column 1" and so on.

    Raises:
        UserError: If it is of no such form, cannot be read, or has no rows; one line that names the file.
    """
    path = Path(file)
    suffix = Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()
    readers: dict[frozenset[str], Callable[[Path], Table]] = {
        TEXTS: read_texts,
        LISTS: read_list,
        PARQUET: read_parquet,
        STRUCTURES: read_structures,
    }
    read = next((reader for suffixes, reader in readers.items() if suffix in suffixes), None)
    if read is None:
        known = choices(suffix for suffixes in readers for suffix in suffixes)
        raise UserError(f"{path}: {suffix or 'a file without a suffix'} is no form of tables; choices: {known}")
    if not path.is_file():
        raise UserError(f"{path}: there is no such file")
    table = read(path)
    if not len(table):
        raise UserError(f"{path}: has no rows; its first line names the columns, and a molecule stands on each other")
    return table


def read_texts(file: Path) -> Table:
    """Return the table in a file of commas, tabs or semicolons."""
    text = read_text(file)
    rows = list(cells_of(file, text, mark_of(text, tabs=file.suffix.lower() in {".tsv", ".tab"})))
    if not rows:
        return Table(file, {}, ())
    bare = is_bare([cells for _, cells in rows])
    names = named(file, rows[0][0], [""] * len(rows[0][1]) if bare else rows[0][1])
    return from_rows(file, names, rows[not bare :])


def read_list(file: Path) -> Table:
    """Return the table in a file of a SMILES and its name a line, with blanks between them, as Daylight has it."""
    lines = enumerate(read_text(file).splitlines(), 1)
    rows = [(line, [*text.split(maxsplit=1), ""][:2]) for line, text in lines if text.strip()]
    bare = bool(rows) and rows[0][1][0].lower() != "smiles"
    table = from_rows(file, ("smiles", "name"), rows[not bare :])
    return Table(file, table.columns, table.lines, sure="smiles")


def from_rows(file: Path, names: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Table:
    """Return a table of rows, each with its line; cells that one lacks are "", and those too many are left out."""
    width = len(names)
    flaws = {
        number: f"has {len(cells)} cells, and there are {width} columns"
        for number, (_, cells) in enumerate(rows)
        if len(cells) != width
    }
    whole = [[*cells, *[""] * width][:width] for _, cells in rows]
    columns = {name: [filled(cells[place]) for cells in whole] for place, name in enumerate(names)}
    return Table(file, columns, [line for line, _ in rows], flaws)


def read_parquet(file: Path) -> Table:
    """Return the table in a Parquet file, its values written out; a float keeps all its digits.

    Raises:
        UserError: If pyarrow is not installed, or cannot read the file.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UserError(f"{file}: Parquet is read by pyarrow, which is not installed; pip install pyarrow") from None
    try:
        found = parquet.read_table(file)
    except (ArrowException, OSError) as error:
        raise UserError(f"{file}: is not read as Parquet ({' '.join(str(error).split())}); export it again") from None
    names = named(file, 1, found.column_names)
    columns = {name: [written(cell) for cell in column.to_pylist()] for name, column in zip(names, found, strict=True)}
    return Table(file, columns, ())


def written(cell: Any) -> str:
    """Return a value as a text; "" where it is missing."""
    return "" if cell is None else filled(str(cell).strip())


def filled(cell: str) -> str:
    """Return a cell, "" where it says that nothing was measured."""
    return "" if cell.lower() in BLANK else cell


def is_bare(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names no columns: a molecule stands in it, and below it more of them.

    Names such as PPB and BBB can be read as molecules, too.
    """
    from polyhead.chemistry.smiles import MOST, is_named, read, share_of_smiles

    if any(map(is_named, rows[0])):
        return False
    mols = {place: read(cell) for place, cell in enumerate(rows[0])}
    places = [place for place, mol in mols.items() if mol is not None and mol.GetNumBonds()]
    below = [[row[place] for row in rows[1:] if len(row) > place] for place in places]
    return any(not cells or share_of_smiles(cells) >= MOST for cells in below)


def read_structures(file: Path) -> Table:
    """Return the records of an SD file: their structures as SMILES, their names and their data.

    A structure that RDKit can read, and holds to be impossible, is written as it is: whoever reads it again hears why.
    """
    from polyhead.chemistry.structures import records

    found = records(read_text(file))
    names = list(dict.fromkeys(name for record in found for name in record.data))
    columns = {
        SURE: [record.smiles for record in found],
        "name": [record.name for record in found],
        **{f"{name} (data)" if name in {SURE, "name"} else name: said(found, name) for name in names},
    }
    flaws = {number: record.flaw for number, record in enumerate(found) if record.flaw}
    return Table(file, columns, [record.line for record in found], flaws, SURE)


def said(records: Sequence["Record"], name: str) -> list[str]:
    """Return what each record says under a name; "" where it does not."""
    return [filled(record.data.get(name, "")) for record in records]
