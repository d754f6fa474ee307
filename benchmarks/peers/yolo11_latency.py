"""Time one image through YOLO11n, folded, with its non-maximum suppression, on the CPU.

yolo11_latency.py SIZE ROUNDS [WEIGHTS]: prints milliseconds of every round.
"""

import json
import sys
import time

import torch
from ultralytics import YOLO
from ultralytics.utils.nms import non_max_suppression

size, rounds, *weights = sys.argv[1:]
network = YOLO(weights[0] if weights else "yolo11n.yaml").model.eval().fuse(verbose=False)
image = torch.rand(1, 3, int(size), int(size))
taken = []
with torch.inference_mode():
    for _ in range(int(rounds)):
        start = time.perf_counter()
        non_max_suppression(network(image), conf_thres=0.25)
        taken.append(1000 * (time.perf_counter() - start))
print(json.dumps({"milliseconds": taken}))
