"""What is odd about tables of molecules is found like what is odd about images."""

from pathlib import Path

from polyhead.checking.check import check_data


def test_each_odd_row_is_a_finding_with_its_line(tmp_path: Path) -> None:
    rows = ["smiles,y,toxic", "C,1.5,0", "C(C,2.5,1", "CC,3.5,1", "CC,9.5,0", "[Na+].[Cl-],x,1", ",4.5,1"]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    node = {"name": "molecules", "root": str(tmp_path / "a.csv"), "kinds": {"y": "value"}, "shares": [1, 0, 0]}
    report = check_data("a.csv", node)
    found = {(one.kind, one.line) for one in report.findings}
    assert {
        ("molecule-invalid", 3),
        ("molecule-duplicate", 5),
        ("molecule-conflict", 5),
        ("molecule-salt", 6),
        ("molecule-label", 6),
        ("molecule-empty", 7),
    } <= found
    assert report.images == {"train": 4, "val": 0, "test": 0}
    assert report.counts["labels"]["toxic"]["train"] == 2
    assert report.counts["properties"]["y"]["train"] == 3
    assert not report.of("error")


def test_what_splits_share_is_found(tmp_path: Path) -> None:
    rows = ["smiles,y,part", "CCO,1.5,train", "OCC,2.5,test", "C[C@H](N)O,3.5,train", "C[C@@H](N)O,4.5,val"]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    node = {"name": "molecules", "root": str(tmp_path / "a.csv"), "split": "column", "split_column": "part"}
    leaks = {(one.kind, one.line) for one in check_data("a.csv", node).findings if "leak" in one.kind}
    assert leaks == {("molecule-leak", 3), ("molecule-leak-but-for-stereo", 5)}
