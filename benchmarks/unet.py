"""Segmentation from scratch beside segmentation-models-pytorch's U-Net with a ResNet-18, in half of its time.

    python benchmarks/unet.py NUCLEI [--epochs 40] [--seeds 0 1 2] [--override KEY=VALUE ...]

NUCLEI holds train, val and test, each with images/ and masks/ (PNG, 0 is background), such as a part of BBBC038. Both
read the same files and splits, at 256 pixels: the peer scales images to that, ours trains so and predicts in windows of
that side, unscaled. The intersection over union is counted over all pixels of all test images in their own sizes, by a
script outside both.
"""

import argparse
import statistics
from pathlib import Path

import torch
from torchvision.io import write_png

import _peer
import polyhead
from _ours import fit, spread
from _results import machine, write
from polyhead.ops.runs import decode_runs

SIDE = 256
"""Of what both networks see, in pixels: the peer scales images to it, ours looks in windows of it."""
SMP = ("segmentation-models-pytorch==0.5.0",)


def write_masks(data: Path, run: Path, out: Path) -> None:
    """Write what a run's best checkpoint sees in the test images as PNGs, 0 for background, in their own sizes."""
    out.mkdir(exist_ok=True)
    paths = sorted((data / "test" / "masks").glob("*.png"))
    images = [next((data / "test" / "images").glob(f"{path.stem}.*")) for path in paths]
    for path, record in zip(paths, polyhead.load(run).predict(*images, window=SIDE), strict=True):
        mask = torch.zeros(record["mask"]["size"], dtype=torch.uint8)
        for segment in record["mask"]["segments"]:
            if segment["label"] != "background":
                mask[decode_runs(segment["rle"], record["mask"]["size"])] = 1
        write_png(mask[None], str(out / path.name))


def score(python: Path, data: Path, found: Path) -> float:
    """Return the intersection over union of what is not background."""
    masks = data / "test" / "masks"
    return float(_peer.run(python, "score_masks", masks, found, log=found.with_suffix(".txt"))[1]["iou"])


def main() -> None:
    """Measure, print, and write benchmarks/results/unet.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--reserve", type=float, default=24.0, help="seconds of a run that are not training")
    parser.add_argument("--override", nargs="*", default=[], help="key=value for ours")
    parser.add_argument("--go-on", action="store_true", help="keep the finished runs of --work")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/unet"))
    options = parser.parse_args()
    python = _peer.environment("smp", *SMP)
    settings = (options.data, options.epochs, 0, SIDE, options.work / "masks")
    theirs, said = _peer.run(python, "unet", *settings, log=options.work / "unet.txt", go_on=options.go_on)
    peer = score(python, options.data, options.work / "masks")
    found, taken = [], []
    for seed in options.seeds:
        home = options.work / f"ours-{seed}"
        overrides = [f"data={options.data}", f"data.size={SIDE}", *options.override]
        budget = theirs / 2 - options.reserve
        taken.append(fit("segmentation", home, budget, seed, *overrides, go_on=options.go_on))
        write_masks(options.data, home, home / "masks")
        found.append(score(python, options.data, home / "masks"))
    row = {"what": "nuclei 256 px, test IoU, half of the time", "ours": f"{spread(found)}, {max(taken):.0f} s"}
    row |= {"peer": f"{peer:.3f}, {theirs:.0f} s", "goal": f"> {peer:.3f}"}
    row |= {"met": statistics.mean(found) > peer and max(taken) <= theirs / 2}
    asked = {"epochs": options.epochs, "peer": list(SMP), "peer_speed": said, "overrides": options.override}
    write("unet", [row], machine=machine(), **asked)


if __name__ == "__main__":
    main()
