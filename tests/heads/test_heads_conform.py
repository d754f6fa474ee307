"""Our own heads keep the contract that plugins must keep."""

from polyhead.checks import parametrize_heads
from polyhead.heads.classification import Classification
from polyhead.heads.detection import Detection
from polyhead.heads.instances import Instances
from polyhead.heads.regression import Regression
from polyhead.heads.segmentation import Segmentation

NAMES = ("a", "b", "c", "d", "e")

test_heads = parametrize_heads(
    {
        "classification": lambda spec: Classification(spec, NAMES),
        "classification of several": lambda spec: Classification(spec, NAMES, multilabel=True, smoothing=0.1),
        "classification of one, yes or no": lambda spec: Classification(spec, ("a",), multilabel=True),
        "classification, balanced": lambda spec: Classification(spec, NAMES, smoothing=0.05, class_weights="balanced"),
        "classification of several, balanced": lambda spec: Classification(
            spec, NAMES, multilabel=True, class_weights="balanced"
        ),
        "classification behind a hidden layer": lambda spec: Classification(spec, NAMES, hidden=8, dropout=0.1),
        "regression": Regression,
        "regression of several": lambda spec: Regression(spec, NAMES, error="l1", hidden=8, dropout=0.1),
        "segmentation": lambda spec: Segmentation(spec, NAMES, width=16),
        "segmentation without dice": lambda spec: Segmentation(spec, NAMES, width=16, dice=0.0),
        "segmentation, balanced": lambda spec: Segmentation(spec, NAMES, width=16, class_weights="balanced"),
        "segmentation, borders": lambda spec: Segmentation(
            spec, NAMES, width=16, boundary=2.0, class_weights="balanced"
        ),
        "segmentation, weighed": lambda spec: Segmentation(spec, NAMES, width=16, class_weights={"a": 0.5, "e": 3.0}),
        "detection": lambda spec: Detection(spec, NAMES),
        "detection, one to one": lambda spec: Detection(spec, NAMES, one_to_one=True),
        "detection without NMS, by distributions": lambda spec: Detection(
            spec, NAMES, one_to_one=True, nms=False, dfl=True
        ),
        "instances": lambda spec: Instances(spec, NAMES, width=16, prototypes=8),
        "instances, fine and by dice": lambda spec: Instances(spec, NAMES, width=16, stride=2, dice=1.0, points=20),
    }
)
