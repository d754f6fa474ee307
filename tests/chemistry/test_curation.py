"""Every row becomes a molecule or has its reason."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from polyhead.chemistry.columns import molecules_column
from polyhead.chemistry.curation import Curated, Note, curate
from polyhead.chemistry.report import MEANS, summary, write_curation
from polyhead.chemistry.standardising import Rules
from polyhead.chemistry.tables import Table, read_table
from polyhead.chemistry.targets import targets_of

SHARED = Path("/work/shared/data/molecules")


def curated(rules: Rules, smiles: Sequence[str], **labels: Sequence[str]) -> Curated:
    columns = {"smiles": list(smiles), **{name: list(cells) for name, cells in labels.items()}}
    table = Table(Path("t.csv"), columns, range(2, 2 + len(smiles)), {})
    return curate(table, "smiles", targets_of(table, {"smiles"}, list(labels)).found, rules)


def test_each_row_has_a_molecule_or_a_reason() -> None:
    table = Table(Path("t.csv"), {"smiles": ["OCC", "C1CC", "", "N"]}, [2, 3, 5, 6], {3: "has 1 cells"})
    found = curate(table, "smiles")
    assert found.canonical == ["CCO", "", "", ""]
    assert found.reasons == ["", "unclosed ring", "nothing stands there", "has 1 cells"]
    assert (found.rows, found.smiles) == ([0], ["CCO"])
    assert found.notes == [
        Note(2, "invalid", "unclosed ring", "left out"),
        Note(3, "empty", "nothing stands there", "left out"),
        Note(4, "row", "has 1 cells", "left out"),
    ]


def test_duplicates_are_kept_unless_told_and_told_in_any_case() -> None:
    found = curated(Rules(), ["CCO", "N", "OCC", "C(C)O"])
    assert found.canonical == ["CCO", "N", "CCO", "CCO"]
    assert found.notes == [Note(row, "duplicate", "same molecule as row 1", "kept") for row in (3, 4)]
    first = curated(Rules(duplicates="first"), ["CCO", "N", "OCC"], y=["1", "2", "4"])
    assert (first.rows, first.targets[0].values.tolist()) == ([0, 1], [1, 2])
    assert first.reasons == ["", "", "same molecule as row 1"]


def test_the_mean_of_duplicates_is_of_what_is_known() -> None:
    labels = {"y": ["1", "2.5", "2", ""], "z": ["", "0.5", "7", ""], "tox": ["0", "1", "", "0"]}
    found = curated(Rules(duplicates="mean", tolerance=9), ["CCO", "N", "OCC", "CCO"], **labels)
    assert found.rows == [0, 1]
    values = {target.name: target.values.tolist() for target in found.targets}
    assert values == {"y": [1.5, 2.5], "z": [7, 0.5], "tox": [0, 1]}
    assert [note.action for note in found.notes] == ["merged into row 1"] * 2


def test_flags_and_words_that_conflict_are_blank_in_the_mean_and_dropped_on_request() -> None:
    smiles, flags, words = ["CCO", "OCC", "N", "N"], ["0", "1", "1", "1"], ["a", "a", "a", "b"]
    found = curated(Rules(duplicates="mean"), smiles, tox=flags, word=words)
    np.testing.assert_array_equal([target.values for target in found.targets], [[math.nan, 1], [0, math.nan]])
    assert [tuple(note) for note in found.notes if note.what == "conflict"] == [
        (2, "conflict", "'tox' is 1 here and 0 in row 1", "merged into row 1"),
        (4, "conflict", "'word' is b here and a in row 3", "merged into row 3"),
    ]
    dropped = curated(Rules(duplicates="drop"), smiles, tox=flags)
    assert dropped.rows == [2]
    assert dropped.reasons[:2] == ["rows of one molecule contradict each other: 1, 2"] * 2
    assert dropped.reasons[3] == "same molecule as row 3"


@pytest.mark.parametrize(("tolerance", "conflict"), [(0.0, True), (0.9, True), (1.1, False)])
def test_numbers_conflict_beyond_a_share_of_the_standard_deviation(tolerance: float, conflict: bool) -> None:
    values = ["0", "1", "-0.5", "1.5"]  # their standard deviation is 0.79, and the first two differ by 1
    found = curated(Rules(duplicates="drop", tolerance=tolerance / 0.79), ["CCO", "OCC", "N", "O"], y=values)
    assert found.rows == ([2, 3] if conflict else [0, 2, 3])


def test_bounds_conflict_with_what_they_exclude_and_the_tightest_stands_for_all() -> None:
    rules = Rules(duplicates="mean", tolerance=0)
    smiles = ["C", "C", "N", "N", "O", "O", "F", "F", "Cl", "Cl"]
    found = curated(rules, smiles, y=["<2", "<1", "<5", "3", ">3", "1", ">1", "<2", ">1", ">4"])
    np.testing.assert_array_equal(found.targets[0].values, [1, 3, 1, math.nan, 4])
    assert found.targets[0].bounds.tolist() == [-1, 0, 0, 0, 1]
    assert [note.reason for note in found.notes if note.what == "conflict"] == ["'y' is 1 here and >3 in row 5"]


def test_stereoisomers_are_told_and_are_no_duplicates_unless_flattened() -> None:
    smiles = ["C[C@H](F)Cl", "C[C@@H](F)Cl", "CC(F)Cl", "C[C@@H](F)Cl"]
    found = curated(Rules(duplicates="first"), smiles)
    assert found.rows == [0, 1, 2]
    assert [note.reason for note in found.notes if note.what == "stereo"] == [
        "differs from row 1 in stereochemistry alone"
    ] * 2
    assert curated(Rules(duplicates="first", stereo="flatten"), smiles).rows == [0]


def test_a_label_that_is_no_number_is_noted_and_is_not_the_reason_of_a_row_left_out() -> None:
    numbers = [str(number) for number in range(0, 40, 2)]
    found = curated(
        Rules(atoms="drop"), ["C" * length for length in range(1, 20)] + ["C[Hg]"], y=[*numbers[:-1], "n.d."]
    )
    assert found.notes[-1] == Note(20, "label", "'n.d.' in 'y' is no number", "left blank")
    assert found.reasons[-1] == "has Hg"


def test_the_report_has_a_line_a_note_and_the_summary_the_numbers_of_the_rows(tmp_path: Path) -> None:
    table = Table(Path("t.csv"), {"smiles": ["OCC", "C1CC", "CCO", "C[N+](C)(C)C.[Br-]"]}, [2, 3, 5, 6])
    found = curate(table, "smiles", (), Rules(duplicates="first", salts="largest"))
    write_curation(tmp_path / "new" / "curation.csv", table, "smiles", found)
    with (tmp_path / "new" / "curation.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["row", "line", "smiles", "canonical", "what", "reason", "action"],
        ["2", "3", "C1CC", "", "invalid", "unclosed ring", "left out"],
        ["3", "5", "CCO", "", "duplicate", "same molecule as row 1", "left out"],
        [
            "4",
            "6",
            "C[N+](C)(C)C.[Br-]",
            "C[N+](C)(C)C",
            "salt",
            "2 parts: C[N+](C)(C)C, [Br-]",
            "reduced to C[N+](C)(C)C",
        ],
    ]
    assert summary(table, found) == [
        "4 rows, 2 kept, of 2 different molecules",
        "rows that hold no possible molecule: 1 left out (2; row 2: unclosed ring)",
        "rows that are of a molecule that came before: 1 left out (3; row 3: same molecule as row 1)",
        "rows that are salts: 1 reduced (4; row 4: 2 parts: C[N+](C)(C)C, [Br-])",
    ]
    assert {note.what for note in found.notes} <= set(MEANS)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published data sets are not part of the repository")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("clintox", [8, 303, 1220, 1221]),
        ("tox21", [1323, 2291, 2298, 3559, 4566, 4650, 5539, 6724]),
    ],
)
def test_published_data_curate_as_they_are(name: str, rows: list[int]) -> None:
    table = read_table(SHARED / f"{name}.csv")
    chosen = molecules_column(table)
    found = curate(table, chosen.name, targets_of(table, {chosen.name}).found)
    assert [row for row, reason in enumerate(found.reasons, 1) if reason] == rows
    assert len(found.rows) == len(table) - len(rows)
    assert all("Explicit valence" in found.reasons[row - 1] or "kekulize" in found.reasons[row - 1] for row in rows)
