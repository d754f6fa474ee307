"""Classes of pixels are looked at as those of objects are, once the pixels were seen."""

import torch
from torchvision import tv_tensors

from polyhead.checking.counting import odd_classes
from polyhead.loading.source import Item, Source, Split


class Streets(Source):
    """Images with a class a pixel; it does not count them beforehand."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"mask": ("road", "sky", "cat")}

    def size(self, _split: Split) -> int:
        return 1

    def item(self, _split: Split, _index: int) -> Item:
        pixels = torch.zeros(8, 8, dtype=torch.uint8)
        return Item(tv_tensors.Image(pixels.repeat(3, 1, 1)), {"mask": tv_tensors.Mask(pixels)})

    def fingerprint(self) -> str:
        return ""


def test_classes_of_pixels_that_are_rare_or_in_some_splits_only_are_found() -> None:
    counts = {
        "mask": {
            "road": {"train": 200, "val": 5, "test": 5},
            "sky": {"train": 2, "val": 0, "test": 1},
            "cat": {"train": 0, "val": 1, "test": 0},
        }
    }
    assert {(one.kind, one.what) for one in odd_classes("streets", Streets(), counts)} == {
        ("class-unmeasured", "mask: 'sky' is not in val"),
        ("class-untrained", "mask: 'cat' is not in train"),
        ("class-imbalance", "mask: train has 'road' 200 times, and 'sky' 2 times"),
    }
