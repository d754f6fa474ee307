"""Texts of label files, edited by the numbers of their entries, and paths that are made relative."""

from pathlib import Path

import pytest

from polyhead.checking.editing import Edit, edit_xml, relative_lines, relative_yaml

GONE, CUT = Edit("remove", (0, 0)), Edit("cut", (10, 20))
ASIDES = ("<!-- <object>\n</object> -->", "<![CDATA[<object></object>]]>", "<?old <object></object>?>")


@pytest.mark.parametrize("aside", ASIDES)
def test_objects_are_counted_as_a_reader_of_xml_counts_them(aside: str) -> None:
    text = f"<a>{aside} <object>1</object>\n<object id='2'/><objects/>\n {aside}\n<object>3</object > {aside}\n</a>"
    assert edit_xml(text, {"object 1": GONE}) == text.replace(" <object>1</object>\n", "")
    assert edit_xml(text, {"object 2": GONE}) == text.replace("<object id='2'/>", "")
    assert edit_xml(text, {"object 3": GONE}) == text.replace("<object>3</object > ", "")
    assert edit_xml(text, {"object 4": GONE}) == text


def test_sides_in_a_comment_are_not_cut() -> None:
    text = "<object><!-- <xmin>-9</xmin> --><xmin>-9</xmin><ymax>99</ymax></object><object><xmin>-1</xmin></object>"
    cut = text.replace("--><xmin>-9<", "--><xmin>1<").replace("99", "10")
    assert edit_xml(text, {"object 1": CUT}) == cut


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder of images, reached by a link too."""
    (tmp_path / "data" / "images" / "train").mkdir(parents=True)
    (tmp_path / "data" / "images" / "train" / "a.png").touch()
    (tmp_path / "link").symlink_to("data")
    return tmp_path / "data"


def test_paths_of_yaml_become_relative_and_all_else_stays(home: Path) -> None:
    top, end = "# mine\npath: {} # there\ntrain:\n", f"  - train\nval: {home}/gone\nnames: [a]\n"
    text = top.format(f"{home}/images") + f"  - '{home}/images/train'\n" + end
    left = top.format('"images"') + '  - "train"\n' + end
    assert relative_yaml(text, home / "data.yaml", home) == left
    assert relative_yaml(text.replace("data/", "link/"), home / "data.yaml", home) == left.replace("data/", "link/")
    assert relative_yaml(left, home / "data.yaml", home) == left


def test_lines_of_a_list_become_relative_to_it(home: Path) -> None:
    text = f"{home}/images/train/a.png\r\n\r\n./images/train/a.png\r\n../data/images/train/a.png\r\n"
    left = "images/train/a.png\r\n\r\n./images/train/a.png\r\nimages/train/a.png\r\n"
    assert relative_lines(text, home / "a.txt", home) == left


def test_a_path_that_leads_elsewhere_is_named_with_its_key(home: Path) -> None:
    with pytest.raises(ValueError, match=rf"^path is '\.\.', outside of {home}, and is not copied; put all into one"):
        relative_yaml("path: ..\ntrain: data/images\n", home / "data.yaml", home)
    with pytest.raises(ValueError, match=r"^line 2 names"):
        relative_lines(f"\n{home.parent}\n", home / "a.txt", home)
