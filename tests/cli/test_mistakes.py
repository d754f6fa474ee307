"""A user's mistake, from the command line to the files: one line, exit code 2, nothing left behind."""

from pathlib import Path

import pytest
from PIL import Image

from polyhead.cli.entry import main

STORED = Path(__file__).parents[1] / "files" / "format-1.ckpt"


def voc(root: Path) -> Path:
    """Write a Pascal VOC of one image a split, whose JPEG is cut in half, and return it."""
    for folder in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (root / folder).mkdir(parents=True)
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
    for split in ("train", "val", "test"):
        (root / "ImageSets" / "Main" / f"{split}.txt").write_text(f"{split}\n")
        (root / "Annotations" / f"{split}.xml").write_text(
            f"<annotation><size><width>32</width><height>32</height></size>"
            f"<object><name>cell</name>{box}</object></annotation>"
        )
        picture = root / "JPEGImages" / f"{split}.jpg"
        Image.effect_noise((32, 32), 50).convert("RGB").save(picture)
        picture.write_bytes(picture.read_bytes()[:-200])
    return root


SMALL = ["data.size=32", "data.batch=1", "trainer.max_time=null", "trainer.max_epochs=1"]
CASES = {
    "no such recipe": (["fit", "detektion"], "did you mean 'detection'"),
    "unknown key": (["fit", "detection", "trainer.max_epoch=3"], "max_epochs"),
    "unknown head": (["fit", "detection", "task.heads.boxes=detektion"], "did you mean 'detection'"),
    "wrong type": (["fit", "detection", "data.batch=many"], "data.batch"),
    "true is no number": (["fit", "detection", "data.batch=true"], "data.batch"),
    "missing folder": (["fit", "detection", "data=nowhere"], "nowhere"),
    "empty folder": (["fit", "detection", "data=empty"], "empty"),
    "truncated JPEG": (["fit", "detection", "data=cells", *SMALL], ".jpg: cannot be read"),
    "no checkpoint": (["test", "words.txt"], "words.txt is no checkpoint"),
    "no run": (["test", "empty"], "empty is no run folder"),
    "predict: no checkpoint": (["predict", "words.txt", "cells/JPEGImages"], "words.txt is no checkpoint"),
    "predict: truncated JPEG": (["predict", str(STORED), "cells/JPEGImages"], "test.jpg"),
    "predict: no image": (["predict", str(STORED), "empty"], "empty"),
    "misspelt option": (["fit", "detection", "--josn", "a.json"], "--json"),
    "misspelt verb": (["fti", "detection"], "fit"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_line_that_names_the_thing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("not a checkpoint")
    voc(tmp_path / "cells")
    before = sorted(tmp_path.rglob("*"))
    command, named = CASES[case]
    assert main(command) == 2
    said = [line for line in capsys.readouterr().err.strip().splitlines() if not line.startswith("note: ")]
    assert len(said) == 1, said
    assert named in said[0]
    left = [path for path in sorted(tmp_path.rglob("*")) if path not in before]
    assert [path for path in left if path.is_file()] == []
