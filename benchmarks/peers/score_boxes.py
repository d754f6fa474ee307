"""Score found boxes with pycocotools.

score_boxes.py TRUTH.json FOUND.json: COCO's annotations, and a list of {image_id, category_id, bbox, score}.
"""

import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

truth = COCO(sys.argv[1])
scorer = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
scorer.evaluate()
scorer.accumulate()
scorer.summarize()
print(json.dumps({"mAP50-95": float(scorer.stats[0]), "mAP50": float(scorer.stats[1])}))
