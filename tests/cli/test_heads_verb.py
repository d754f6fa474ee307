"""What `polyhead heads` says and writes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from polyhead import checkpoints
from polyhead.cli.entry import main
from polyhead.trained import load

FILES = Path(__file__).parents[1] / "files"


@pytest.fixture
def said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[int, str, str]]:
    """Return a function that runs `polyhead heads` where one.ckpt is, and returns exit code, stdout and stderr."""
    shutil.copy(FILES / "format-1.ckpt", tmp_path / "one.ckpt")
    shutil.copy(FILES / "head-format-1.head", tmp_path / "label.head")
    monkeypatch.chdir(tmp_path)

    def run(words: str) -> tuple[int, str, str]:
        code = main(["heads", *words.split()])
        return code, *capsys.readouterr()

    return run


Said = Callable[[str], tuple[int, str, str]]


def test_heads_are_listed_as_a_table_and_as_json(said: Said) -> None:
    code, out, err = said("one.ckpt")
    rows = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert rows[0] == ["head", "class", "target", "parameters", "metric", "threshold", "class", "names"]
    assert rows[1][:3] == ["label", "classification", "label"]
    assert out.splitlines()[1].endswith("10: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9")
    assert rows[3][0] == "backbone:"
    (row,) = json.loads(said("one.ckpt --json -")[1])
    assert (row["name"], row["metric"], row["labels"]) == ("label", "accuracy", list("0123456789"))


def test_a_head_is_saved_and_put_back_and_the_old_checkpoint_stays(said: Said, tmp_path: Path) -> None:
    before = (tmp_path / "one.ckpt").read_bytes()
    code, out, _ = said("one.ckpt --save label=new/a.head --put label.head --out new/two.ckpt")
    assert (code, out.splitlines()[-2:]) == (0, ["label: new/a.head", "checkpoint: new/two.ckpt"])
    assert (tmp_path / "one.ckpt").read_bytes() == before
    assert torch.load(tmp_path / "new" / "a.head", weights_only=True)["polyhead_head"]["name"] == "label"
    image = torch.full((3, 40, 48), 128, dtype=torch.uint8)
    assert load(tmp_path / "new" / "two.ckpt").predict(image) == load(tmp_path / "one.ckpt").predict(image)


def test_another_backbone_is_refused_until_it_is_said(said: Said, tmp_path: Path) -> None:
    stored = torch.load(tmp_path / "one.ckpt", weights_only=True)
    name = next(name for name in stored["state_dict"] if name.startswith("model.backbone."))
    stored["state_dict"][name] = stored["state_dict"][name] + 1
    torch.save(stored, tmp_path / "other.ckpt")
    code, out, err = said("other.ckpt --put label.head --out new.ckpt")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: label.head: the head 'label' learned on the backbone ")
    assert not (tmp_path / "new.ckpt").exists()
    assert said("other.ckpt --put label.head --another-backbone --out new.ckpt")[0] == 0
    assert checkpoints.read(tmp_path / "new.ckpt").recipe["task"]["heads"].keys() == {"label"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("gone.ckpt", "no run folder and no checkpoint at gone.ckpt"),
        ("label.head", "label.head holds one head and no backbone; put it into a checkpoint: polyhead heads --put"),
        ("one.ckpt --save label", "--save label: say which head and where to, such as --save label=label.head"),
        ("one.ckpt --save label=a.head label=a.head", "--save label=a.head: another head goes to a.head already"),
        ("one.ckpt --save lable=a.head", "no head 'lable' (did you mean 'label'?)"),
        ("one.ckpt --save label=label.head", "--save label.head: there is a file already; choose a new one"),
        ("one.ckpt --drop label", "--put and --drop make a new checkpoint, and leave the old one as it is; say where"),
        ("one.ckpt --drop label --out one.ckpt", "--out one.ckpt: there is a file already; choose a new one"),
        ("one.ckpt --drop label --out new.ckpt", "'label' is the only head, and a checkpoint needs one"),
        ("one.ckpt --out new.ckpt", "--out new.ckpt: nothing changes; say --put FILE or --drop NAME"),
        ("one.ckpt --another-backbone", "--another-backbone is of heads to put there; say --put FILE"),
        ("one.ckpt --put gone.head --out new.ckpt", "gone.head: no such file of a head"),
        (
            "one.ckpt --put label.head label.head --out new.ckpt",
            "--put label.head: a head 'label' is put there already",
        ),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(words: str, text: str, said: Said, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    code, out, err = said(words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {text}")
    assert sorted(tmp_path.rglob("*")) == before
