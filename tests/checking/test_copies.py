"""Images that are there twice."""

from collections.abc import Callable
from io import BytesIO

import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from polyhead.checking.copies import copies
from polyhead.checking.looking import Look, small
from polyhead.loading.source import Split


def seen(split: Split, name: str, image: Tensor) -> Look:
    """Return what is seen of an image."""
    return Look(split, name, (image.shape[-2], image.shape[-1]), image.numpy().tobytes(), small(image), {}, [])


def scene(seed: int, side: int = 64) -> Tensor:
    """Return an image of clouds, (3, side, side)."""
    noise = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return (F.resize(noise, [side, side]) * 255).byte()


def saved_again(image: Tensor) -> Tensor:
    """Return an image as JPEG has it."""
    file = BytesIO()
    F.to_pil_image(image).save(file, "JPEG", quality=60)
    return F.pil_to_tensor(Image.open(file))


def test_copies_are_told_by_their_splits() -> None:
    looks = [seen("train", "a", scene(0)), seen("train", "b", scene(0)), seen("test", "c", scene(0))]
    assert [(one.kind, one.image) for one in copies(looks)] == [("copy-within-split", "b"), ("copy-across-splits", "c")]
    other = seen("train", "a", scene(0))._replace(source="two")
    (found,) = copies([looks[0]._replace(source="one"), other])
    assert (found.what, found.source) == ("is in train twice: a of one", "two")


@pytest.mark.parametrize(
    "change",
    [
        lambda image: F.resize(image, [48, 48]),
        saved_again,
        lambda image: F.adjust_brightness(image, 0.8),
        lambda image: F.adjust_contrast(image, 0.8),
    ],
)
def test_an_image_that_was_changed_a_little_is_still_known(change: Callable[[Tensor], Tensor]) -> None:
    looks = [seen("train", str(seed), scene(seed)) for seed in range(8)]
    looks.append(seen("val", "again", change(scene(3))))
    (found,) = copies(looks)
    assert (found.kind, found.image) == ("copy-alike-across-splits", "again")
    assert found.what.endswith("train: 3")


def test_other_images_are_no_copies() -> None:
    looks = [seen("train" if seed < 300 else "val", str(seed), scene(seed)) for seed in range(600)]
    assert copies(looks) == []
    assert copies([]) == []
