"""Two processes do on several sources what one does with the same global batch."""

import csv
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger
from torch import distributed
from torchvision import tv_tensors

from polyhead.data.several import Several
from polyhead.loading.image_module import ImageModule
from polyhead.loading.member import Member
from polyhead.loading.source import Item, Source, Split
from polyhead.loading.turns import Turns
from polyhead.tasks.multitask import Multitask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Found .* in eval mode at the start"),  # what is frozen is meant to be
]
SHAPES: dict[str, Any] = {"label": {"name": "classification"}, "mask": {"name": "segmentation", "width": 4}}
LEARNING: dict[str, Any] = {"name": "convnet", "channels": [4, 4], "depth": 1, "norm": "none"}
GROUPS: dict[str, Any] = {**LEARNING, "channels": [4, 32], "norm": "group"}
FROZEN: dict[str, Any] = {**LEARNING, "norm": "batch"}
EPOCHS = 4
SIZES = {"sorted": 8, "painted": 6}
"""Images of the two sources, of which each batch has as many."""
LABELLED = {"sorted": {"label": (0, 3, 4)}, "painted": {"mask": (0, 1, 2, 5), "label": (5,)}}
"""The images of each that carry a target."""


class Gaps(Source):
    """Noise, some of it labelled, that writes down which process reads what."""

    augment = ("random_horizontal_flip",)

    def __init__(self, name: str, diary: str) -> None:
        self.own = name
        self.diary = diary

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return two classes of each target."""
        return {"label": ("a", "b"), "mask": ("background", "thing")}

    def size(self, split: Split) -> int:
        """Return some training images, and no others."""
        return SIZES[self.own] if split == "train" else 0

    def item(self, split: Split, index: int) -> Item:
        """Return noise with the labels that it has."""
        rank = distributed.get_rank() if distributed.is_initialized() else 0
        with Path(f"{self.diary}.{self.own}.{rank}").open("a") as file:
            file.write(f"{index}\n")
        seed = torch.Generator().manual_seed(index + 100 * len(self.own))
        image = torch.randint(256, (3, 16, 16), generator=seed, dtype=torch.uint8)
        mask = torch.randint(2, (16, 16), generator=seed, dtype=torch.uint8)
        targets = {"label": index % 2, "mask": tv_tensors.Mask(mask)}
        carried = LABELLED[self.own]
        return Item(
            tv_tensors.Image(image), {name: targets[name] for name in targets if index in carried.get(name, ())}
        )

    def fingerprint(self) -> str:
        """Return a name."""
        return self.own


def trained(devices: int, folder: Path, body: dict[str, Any]) -> list[dict[str, float]]:
    """Return the losses of each epoch of a training on batches of four, shared among processes."""
    pl.seed_everything(0, verbose=False)
    members = {name: Member(Gaps(name, str(folder / f"read-{devices}")), share=1) for name in SIZES}
    data = ImageModule(Several(members), size=16, batch=4 // devices, workers=0, seed=5, cache="none")
    frozen = ("backbone",) if body is FROZEN else ()
    task = Multitask(body, SHAPES, data.labels(), optimizer="sgd", lr=0.1, average=0.0, freeze=frozen)
    logger = CSVLogger(folder, name="", version=str(devices))
    limits: dict[str, Any] = {"max_epochs": EPOCHS, "limit_val_batches": 0, "log_every_n_steps": 1}
    quiet = {"enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    strategy = "ddp_spawn" if devices > 1 else "auto"
    pl.Trainer(accelerator="cpu", devices=devices, strategy=strategy, logger=logger, **limits, **quiet).fit(task, data)
    with (folder / str(devices) / "metrics.csv").open() as file:
        rows = [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]
    heads = tuple(f"train/{name}/" for name in SHAPES)
    ends = [row for row in rows if "train/label/ce" in row]
    return [{name: value for name, value in row.items() if name.startswith(heads)} for row in ends]


def labelled(ranks: int, rank: int, target: str) -> list[int]:
    """Return how many items of each step carry a target, on one of some ranks."""
    names = list(SIZES)
    members = {name: Member(Gaps(name, ""), share=1) for name in SIZES}
    turns = Turns(Several(members).parts("train"), 4 // ranks, 5, rank=rank, ranks=ranks)
    found = []
    for epoch in range(EPOCHS):
        turns.set_epoch(epoch)
        keys = list(turns)
        for start in range(0, len(keys), turns.batch):
            places = [(int(key.number >= SIZES[names[0]]), key.number) for key in keys[start : start + turns.batch]]
            rows = [(names[place], number - place * SIZES[names[0]]) for place, number in places]
            found.append(sum(number in LABELLED[name].get(target, ()) for name, number in rows))
    return found


@pytest.mark.parametrize("target", SHAPES)
def test_there_are_steps_in_which_one_rank_has_no_labelled_row(target: str) -> None:
    steps = list(zip(labelled(2, 0, target), labelled(2, 1, target), strict=True))
    assert [sum(step) for step in steps] == labelled(1, 0, target)
    assert any(min(step) == 0 < max(step) for step in steps)


@pytest.mark.parametrize("body", [LEARNING, GROUPS, FROZEN], ids=["no norms", "GroupNorm", "frozen BatchNorm"])
def test_two_processes_have_the_losses_of_one_and_none_reads_what_the_other_does(
    tmp_path: Path, body: dict[str, Any]
) -> None:
    one, two = (trained(devices, tmp_path, body) for devices in (1, 2))
    assert len(one) == len(two) == EPOCHS
    for ours, theirs in zip(one, two, strict=True):
        assert ours.keys() == {"train/label/ce", "train/mask/ce", "train/mask/dice"}
        assert theirs == pytest.approx(ours, rel=1e-5)
    assert one[-1] != pytest.approx(one[0], rel=1e-2)  # it learned
    for name, size in SIZES.items():  # each step has two items of each source, one a process
        read = [[int(line) for line in (tmp_path / f"read-2.{name}.{rank}").read_text().split()] for rank in range(2)]
        together = [number for step in zip(*read, strict=True) for number in step]
        rounds = [together[at : at + size] for at in range(0, len(together) - size + 1, size)]
        assert len(rounds) >= EPOCHS - 1
        assert all(sorted(items) == list(range(size)) for items in rounds)
