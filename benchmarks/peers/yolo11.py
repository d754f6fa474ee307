"""Train YOLO11n from scratch as its own program does, and write down what it finds in the test images.

yolo11.py DATA.yaml TRUTH.json EPOCHS SEED SIZE OUT [bf16]: OUT gets the run and found.json, a list of COCO's results.
"""

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from ultralytics import YOLO


def train(out: Path, bf16: bool, **options: Any) -> list[float]:
    """Train as `options` of the peer's own say; return the seconds of each epoch without its validation."""
    model, spans = YOLO("yolo11n.yaml"), []
    model.add_callback("on_train_epoch_start", lambda _: spans.append(-time.perf_counter()))
    model.add_callback("on_train_epoch_end", lambda _: spans.append(spans.pop() + time.perf_counter()))
    options |= {"batch": 16, "cache": "ram", "amp": False, "device": "cpu", "workers": 2, "pretrained": False}
    options |= {"project": str(out), "name": "run", "exist_ok": True}
    with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
        model.train(**options)
    return spans


def find(weights: Path, folder: Path, images: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """Return the boxes of all images, in their own pixels."""
    best, found = YOLO(weights), []
    options = {"imgsz": size, "conf": 0.001, "iou": 0.7, "max_det": 300, "verbose": False}
    for image in images:
        (result,) = best.predict(folder / image["file_name"], **options)
        columns = (result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), result.boxes.cls.tolist())
        for (x1, y1, x2, y2), score, label in zip(*columns, strict=True):
            box = [x1, y1, x2 - x1, y2 - y1]
            found.append({"image_id": image["id"], "category_id": int(label), "bbox": box, "score": score})
    return found


def main() -> None:
    """Train, find, and print how long it took."""
    sheet, truth, epochs, seed, size, out, *precision = sys.argv[1:]
    out = str(Path(out).resolve())  # it takes a relative one from a folder of its own
    spans = train(Path(out), bool(precision), data=sheet, epochs=int(epochs), seed=int(seed), imgsz=int(size))
    images = json.loads(Path(truth).read_text())["images"]
    weights, folder = Path(out) / "run" / "weights" / "best.pt", Path(sheet).parent / "images" / "test"
    (Path(out) / "found.json").write_text(json.dumps(find(weights, folder, images, int(size))))
    print(json.dumps({"epoch_seconds": spans}))


if __name__ == "__main__":  # its loaders may start this file anew
    main()
