"""Fashion-MNIST as a folder of images, for runs that others' numbers can be held against.

    apt-get install dataset-fashion-mnist
    python benchmarks/fashion_mnist.py /usr/share/datasets/fashion-mnist OUT

Writes OUT/train/CLASS/00001.png (60,000 images) and OUT/test/CLASS/00001.png (10,000), 28 x 28 grey pixels each; the
numbers are the images' places in the files, from 1 on. Classes are named as in the set's README, but for
`T-shirt/top`, which no folder can be called: `T-shirt_top`. Xiao, Rasul and Vollgraf, arXiv 1708.07747; MIT licence.
"""

import argparse
import gzip
import math
import tempfile
from pathlib import Path
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = (
    "T-shirt_top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SPLITS = {"train": ("train", 60_000), "test": ("t10k", 10_000)}
"""By folder, what its two files are called, and how many images they hold."""
SIDE = 28
BYTES = 0x08
"""The idx format's type of unsigned bytes."""


def read_idx(folder: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the uint8 array of `shape` in an idx file: two zeros, type, dimensions, big-endian sides, then the bytes.

    Raises:
        SystemExit: If the file, or `name`.gz, is missing, broken, or of another type or shape.
    """
    path = next((one for one in (folder / name, folder / f"{name}.gz") if one.is_file()), None)
    if path is None:
        raise SystemExit(f"{folder} has neither {name} nor {name}.gz; name the folder of the four idx files")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, ZlibError) as error:
        raise SystemExit(f"{path} cannot be read: {error}; fetch it again") from error
    head = bytes((0, 0, BYTES, len(shape))) + b"".join(side.to_bytes(4, "big") for side in shape)
    if data[: len(head)] != head:
        raise SystemExit(f"{path} is no idx file of {' x '.join(map(str, shape))} bytes: it begins {data[:16].hex()}")
    if len(data) != len(head) + math.prod(shape):
        raise SystemExit(f"{path} holds {len(data)} bytes, not {len(head) + math.prod(shape)}; fetch it again")
    return np.frombuffer(data, np.uint8, offset=len(head)).reshape(shape)


def read_split(folder: Path, split: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images (N, 28, 28) and the class numbers (N,) of a split; errors as `read_idx`."""
    name, count = SPLITS[split]
    images = read_idx(folder, f"{name}-images-idx3-ubyte", (count, SIDE, SIDE))
    labels = read_idx(folder, f"{name}-labels-idx1-ubyte", (count,))
    found = np.bincount(labels, minlength=len(CLASSES)).tolist()
    if found != [count // len(CLASSES)] * len(CLASSES):  # MNIST itself has the same names and sizes
        raise SystemExit(
            f"{folder}: the {split} split of Fashion-MNIST has {count // len(CLASSES)} of each of its 10"
            f" classes, and these files have {found}"
        )
    return images, labels


def write_split(images: NDArray[np.uint8], labels: NDArray[np.uint8], out: Path) -> None:
    """Write the images as PNG files into a folder a class."""
    for name in CLASSES:
        (out / name).mkdir(parents=True)
    for number, (pixels, label) in enumerate(zip(images, labels.tolist(), strict=True), start=1):
        Image.fromarray(pixels).save(out / CLASSES[label] / f"{number:05}.png", compress_level=1)


def write(folder: Path, out: Path) -> None:
    """Write the whole set; `out` is there when all of it is, and not before.

    Raises:
        SystemExit: If `out` is there already, or as `read_idx`.
    """
    if out.exists():
        raise SystemExit(f"{out} is there already; choose a new folder")
    splits = {split: read_split(folder, split) for split in SPLITS}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as unfinished:
        whole = Path(unfinished) / out.name
        for split, (images, labels) in splits.items():
            write_split(images, labels, whole / split)
        whole.rename(out)


def main() -> None:
    """Write the set, and say how much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("idx", type=Path, help="the folder of the four idx files, as they are or with .gz")
    parser.add_argument("out", type=Path, help="the folder to make")
    options = parser.parse_args()
    write(options.idx, options.out.resolve())
    counts = ", ".join(f"{count:,} {split}" for split, (_, count) in SPLITS.items())
    print(f"{options.out}: {counts} images of {len(CLASSES)} classes")


if __name__ == "__main__":
    main()
