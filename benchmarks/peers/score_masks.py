"""Score masks: the intersection over union of everything that is not background, over all pixels of all images.

score_masks.py TRUTH FOUND: two folders of PNGs of the same names and sizes; 0 is background.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

both = either = 0
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    truth, found = (np.asarray(Image.open(one)) > 0 for one in (path, Path(sys.argv[2]) / path.name))
    if truth.shape != found.shape:
        raise SystemExit(f"{path.name}: {found.shape} found, {truth.shape} expected")
    both, either = both + int((truth & found).sum()), either + int((truth | found).sum())
print(json.dumps({"iou": both / either}))
