"""How fast detection trains and answers, beside YOLO11n: images a second, and milliseconds of a single image.

    python benchmarks/yolo11_speed.py BCCD [--override KEY=VALUE ...]

Both train on the same photographs at 320 pixels, in batches of 16, without validation: the peer three epochs, of which
the first is left out, ours for a minute. For single images ours is the deployed network with its decoding, the peer's
its folded network with its non-maximum suppression, in processes that take turns.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch

import _peer
from _clock import images_a_second
from _results import machine, write
from _voc import photographs, write_coco, write_yolo
from polyhead.model import Model, build_model
from polyhead.precision import automatic
from polyhead.recipes.resolving import resolve
from yolo11_accuracy import ULTRALYTICS


@torch.inference_mode()
def latency(model: Model, size: int, rounds: int, bf16: bool) -> float:
    """Return the median milliseconds of one image through the network and all decodings."""
    image = torch.rand(1, 3, size, size).to(memory_format=torch.channels_last)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            outputs = model(image)
        for name, head in model.named_heads().items():
            head.predict(outputs[name])
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def single_image(python: Path, overrides: list[str], rounds: int, work: Path) -> list[dict[str, object]]:
    """Return the row of one image's time."""
    labels = {"boxes": ("Platelets", "RBC", "WBC")}
    task = resolve("detection", overrides).recipe["task"]
    model = build_model({**task, "labels": labels}).deploy().to(memory_format=torch.channels_last)
    times: dict[str, list[float]] = {"fp32": [], "bf16": [], "peer": []}
    for _ in range(3):
        times["fp32"].append(latency(model, 320, rounds, bf16=False))
        times["bf16"].append(latency(model, 320, rounds, bf16=True))
        _, said = _peer.run(python, "yolo11_latency", 320, rounds, log=work / "latency.txt")
        times["peer"].append(statistics.median(said["milliseconds"]))
    best = {name: min(some) for name, some in times.items()}
    ratio = min(best["fp32"], best["bf16"]) / best["peer"]
    ours = f"{best['fp32']:.1f} ms fp32, {best['bf16']:.1f} ms bf16"
    row = {"what": "one image at 320 px, network and decoding", "ours": ours, "peer": f"{best['peer']:.1f} ms"}
    return [{**row, "goal": "<= 0.5 of it", "met": ratio <= 0.5, "ratio": round(ratio, 2)}]


def training(python: Path, data: Path, overrides: list[str], work: Path) -> list[dict[str, object]]:
    """Return the rows of images a second: ours as the machine prefers and in fp32, beside the peer's in fp32."""
    truth, sheet = write_coco(data, "test", work / "truth.json"), write_yolo(data, work / "yolo")
    images = len(photographs(data, "train"))
    peers = {}
    for name, precision in (("fp32", ()), ("bf16", ("bf16",))):
        home = work / f"yolo11n-{name}"
        _, said = _peer.run(python, "yolo11", sheet, truth, 3, 0, 320, home, *precision, log=home / "log.txt")
        peers[name] = images / statistics.mean(said["epoch_seconds"][1:])
    length = ["trainer.max_time=00:00:01:00", "trainer.max_epochs=-1"]
    length += ["data.size=320", "data.grow=0", f"data={data}", *overrides]  # the peer's images do not grow
    rows = []
    for precision, name, goal in ((automatic("cpu"), "as it is", 3.0), ("32-true", "in fp32", 1.2)):
        speed = images_a_second("detection", [*length, f"trainer.precision={precision}"], work / "ours")
        row = {"what": f"training at 320 px, {name}, {precision}", "ours": f"{speed:.1f} images/s"}
        row |= {"peer": f"{peers['fp32']:.1f} in fp32, {peers['bf16']:.1f} in bf16", "goal": f">= {goal} of fp32"}
        rows.append({**row, "met": speed >= goal * peers["fp32"], "ratio": round(speed / peers["fp32"], 2)})
    return rows


def main() -> None:
    """Measure, print, and write benchmarks/results/yolo11_speed.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--override", nargs="*", default=[], help="key=value for ours")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/yolo11_speed"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    python = _peer.environment("ultralytics", *ULTRALYTICS)
    rows = single_image(python, options.override, options.rounds, options.work)
    rows += training(python, options.data, options.override, options.work)
    settings = {"threads": torch.get_num_threads(), "peer": list(ULTRALYTICS), "overrides": options.override}
    write("yolo11_speed", rows, machine=machine(), **settings)


if __name__ == "__main__":
    main()
