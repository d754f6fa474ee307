"""Tables of molecules, CSV, TSV, SMI, Parquet and SDF, as columns of texts that know where they stand."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, final

from polyhead.errors import UserError, choices
from polyhead.findings.reading import mark_of, named, read_text, rows_of

TEXTS: Final = frozenset({".csv", ".tsv", ".tab", ".txt"})
LISTS: Final = frozenset({".smi", ".smiles", ".ism"})
PARQUET: Final = frozenset({".parquet", ".pq"})
STRUCTURES: Final = frozenset({".sdf", ".sd"})
SURE: Final = "structure"
"""Column of the molecules of a file whose form says where they are."""
BLANK: Final = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "n/a", "NULL", "null", "None", "NaN", "nan", "-NaN", "-nan"]
    + [f"{number}.#{word}" for number in ("1", "-1") for word in ("IND", "QNAN")]
)
"""What stands where nobody measured: pandas' words as it spells them, for Na is sodium and `none` may be a class."""


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
        raw: By row, from 0, its cells as they stand in the file, where they are others than those of `columns`.
    """

    file: Path
    columns: dict[str, list[str]]
    lines: Sequence[int]
    flaws: dict[int, str] = field(default_factory=dict)
    sure: str = ""
    raw: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(next(iter(self.columns.values()), ()))

    def place(self, row: int) -> str:
        """Return the place of a row, counted from 0, as a reader sees it: "row 3 (line 5)", "row 3"."""
        return f"row {row + 1} (line {self.lines[row]})" if self.lines else f"row {row + 1}"

    def as_written(self, row: int) -> Sequence[str]:
        """Return the cells of a row, from 0, as they stand in the file: a flawed one has too few or too many."""
        return self.raw[row] if row in self.raw else [cells[row] for cells in self.columns.values()]


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
    rows = list(rows_of(file, text, mark_of(text, tabs=file.suffix.lower() in {".tsv", ".tab"})))
    if not rows:
        return Table(file, {}, ())
    bare = is_bare([cells for _, cells in rows])
    line, first = rows[0]
    names = named(file, line, ["" if bare else cell.strip() for cell in first])
    return from_rows(file, names, [cells for _, cells in rows[not bare :]], [line for line, _ in rows[not bare :]])


def read_list(file: Path) -> Table:
    """Return the table in a file of a SMILES and its name a line, with blanks between them, as Daylight has it."""
    lines = enumerate(read_text(file).splitlines(), 1)
    rows = [(line, [*text.split(maxsplit=1), ""][:2]) for line, text in lines if text.strip()]
    bare = bool(rows) and rows[0][1][0].lower() != "smiles"
    rows = rows[not bare :]
    table = from_rows(file, ("smiles", "name"), [cells for _, cells in rows], [line for line, _ in rows])
    return replace(table, sure="smiles")


def from_rows(file: Path, names: Sequence[str], rows: Sequence[Sequence[str]], lines: Sequence[int]) -> Table:
    """Return a table of rows; cells that one lacks are "" in the columns, and those too many are in `raw` alone."""
    width = len(names)
    flaws = {
        number: f"has {len(cells)} cells, and there are {width} columns"
        for number, cells in enumerate(rows)
        if len(cells) != width
    }
    whole = [[filled(cell.strip()) for cell in (*cells, *[""] * width)[:width]] for cells in rows]
    columns = {name: [cells[place] for cells in whole] for place, name in enumerate(names)}
    raw = {number: cells for number, cells in enumerate(rows) if list(cells) != whole[number]}
    return Table(file, columns, lines, flaws, raw=raw)


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
    rows = zip(*([written(cell) for cell in column.to_pylist()] for column in found), strict=True)
    return from_rows(file, names, list(rows), ())


def written(cell: Any) -> str:
    """Return a value as a text; "" where it is missing."""
    return "" if cell is None or (isinstance(cell, float) and math.isnan(cell)) else str(cell)


def filled(cell: str) -> str:
    """Return a cell, "" where it says that nothing was measured."""
    return "" if cell in BLANK else cell


def is_bare(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names no columns: a molecule stands in it, and below it more of them.

    Names such as PPB and BBB can be read as molecules, too.
    """
    from polyhead.chemistry.smiles import MOST, is_named, read, share_of_smiles

    if any(map(is_named, rows[0])):
        return False
    mols = {place: read(cell.strip()) for place, cell in enumerate(rows[0])}
    places = [place for place, mol in mols.items() if mol is not None and mol.GetNumBonds()]
    below = [[row[place].strip() for row in rows[1:] if len(row) > place] for place in places]
    return any(not cells or share_of_smiles(cells) >= MOST for cells in below)


def read_structures(file: Path) -> Table:
    """Return the records of an SD file: their structures as SMILES, their names and their data.

    A structure that RDKit can read, and holds to be impossible, is written as it is: whoever reads it again hears why.
    """
    from polyhead.chemistry.structures import records

    found = records(read_text(file))
    fields = list(dict.fromkeys(name for record in found for name in record.data))
    names = [SURE, "name", *(f"{name} (data)" if name in {SURE, "name"} else name for name in fields)]
    rows = [[record.smiles, record.name, *(record.data.get(name, "") for name in fields)] for record in found]
    flaws = {number: record.flaw for number, record in enumerate(found) if record.flaw}
    return replace(from_rows(file, names, rows, [record.line for record in found]), flaws=flaws, sure=SURE)
