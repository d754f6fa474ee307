"""Data that a run takes, and that are odd, by the kind of finding that they have to make."""

from small_data import (
    classes,
    coco,
    coco_with,
    masks,
    picture,
    text,
    then,
    voc,
    yolo,
)
from spoilt import (
    JSON,
    LABEL,
    Bad,
    absolute,
    coco_plus,
    copied,
    half_outlined,
    objects,
    saved_again,
    sheet,
    table,
)

ODD: dict[str, list[Bad]] = {
    "box-without-area": [
        Bad(lambda root: voc(root, (5, 5, 5, 9)), "train.xml", 1, "object 1"),
        Bad(lambda root: yolo(root, "0 .5 .5 0 .4"), LABEL, 1),
    ],
    "box-outside": [Bad(coco_with("annotations", bbox=[30, 30, 5, 5]), JSON, 1, "annotations[0]")],
    "box-sticks-out": [Bad(coco_with("annotations", bbox=[15, 2, 15, 5]), JSON, 1, "annotations[0]")],
    "box-twice": [Bad(coco_plus("annotations", id=2), JSON, 1, "annotations[1]")],
    "box-of-two-classes": [Bad(lambda root: yolo(root, "0 .5 .5 .4 .4\n1 .5 .5 .4 .4", "[cat, dog]"), LABEL, 2)],
    "box-tiny": [Bad(coco_with("annotations", bbox=[2, 2, 1, 9]), JSON, 1, "annotations[0]")],
    "box-thin": [
        Bad(
            then(
                lambda root: yolo(root, "0 .5 .5 .98 .02"),
                lambda root: picture(root / "images/train/a.png", size=(200, 100)),
            ),
            LABEL,
            1,
        )
    ],
    "box-whole-image": [Bad(coco_with("annotations", bbox=[0, 0, 20, 16]), JSON, 1, "annotations[0]")],
    "box-crowd": [Bad(coco_with("annotations", iscrowd=1), JSON, 1, "annotations[0]")],
    "boxes-doubtful": [
        Bad(lambda root: yolo(root, "\n".join(f"0 .{n} .1 .9 .9" for n in range(10, 20))), "data"),  # corners
    ],
    "box-off-outline": [
        Bad(coco_with("annotations", segmentation=[[12, 12, 19, 12, 19, 15]]), JSON, 1, "annotations[0]")
    ],
    "object-id-twice": [Bad(coco_plus("annotations", bbox=[9, 2, 5, 5]), JSON, 1, "annotations[1]")],
    "outline-short": [
        Bad(
            coco_with("annotations", segmentation=[[2, 2, 9, 9], [2, 2, 10, 2, 10, 10, 2, 10]]),
            JSON,
            1,
            "annotations[0]",
        )
    ],
    "outline-missing": [
        Bad(then(lambda root: picture(root / "train/b.png"), lambda root: coco(root, half_outlined)), "b.png"),
    ],
    "label-orphan": [
        Bad(then(yolo, lambda root: text(root / "labels/train/z.txt", "")), "train/z.txt"),
        Bad(then(masks, lambda root: picture(root / "train/masks/z.png", "L")), "masks/z.png"),
    ],
    "row-twice": [Bad(lambda root: table(root, "file,class", "a.png,cat", "b.png,dog", "a.png,cat"), "train.csv", 4)],
    "image-unlisted": [
        Bad(then(coco, lambda root: picture(root / "train/b.png")), "train/b.png"),
        Bad(then(voc, lambda root: picture(root / "JPEGImages/z.jpg")), "z.jpg"),
        Bad(then(classes, lambda root: picture(root / "train/z.png")), "train/z.png"),
    ],
    "image-unlabelled": [
        Bad(then(yolo, lambda root: picture(root / "images/train/z.png")), "train/z.png"),
        Bad(then(masks, lambda root: picture(root / "train/images/z.png")), "images/z.png"),
        Bad(lambda root: table(root, "file,class", "a.png,cat", "b.png,"), "train.csv", 3),
    ],
    "image-without-object": [Bad(then(yolo, lambda root: text(root / LABEL, "")), "train/a.png")],
    "file-strange": [
        Bad(then(classes, lambda root: text(root / "train/cat/notes.txt", "")), "cat/notes.txt"),
        Bad(then(coco, lambda root: text(root / "annotations/captions_val.json", "{}")), "captions_val.json"),
        Bad(then(coco, lambda root: text(root / "val.json", sheet("val/a.png"))), "data/val.json"),
    ],
    "folder-strange": [
        Bad(then(classes, lambda root: (root / "more").mkdir()), "more"),
        Bad(then(yolo, lambda root: picture(root / "images/test/a.png")), "images/test"),
        Bad(then(coco, lambda root: picture(root / "test2017/a.png")), "test2017"),
        Bad(then(voc, lambda root: picture(root / "SegmentationClass/train.png", "P")), "SegmentationClass"),
    ],
    "link-dead": [Bad(then(classes, lambda root: (root / "more").symlink_to("nowhere")), "more")],
    "path-strange": [
        Bad(
            then(yolo, lambda root: text(root / "data.yaml", "path: gone\ntrain: images/train\nnames: [cat]\n")),
            "data.yaml",
        )
    ],
    "path-absolute": [
        Bad(absolute("train: images", "train: {}/images"), "data.yaml", place="train"),
        Bad(absolute("train:", "path: ../data\ntrain:"), "data.yaml", place="path"),
        Bad(absolute("images/train\n", "a.txt\n", "images/train/a.png"), "a.txt", 1),
        Bad(lambda root: coco_with("images", file_name=f"{root}/train/a.png")(root), JSON, 1, "images[0]"),
        Bad(lambda root: table(root, "file,class", f"{root}/a.png,cat", "b.png,dog"), "train.csv", 2),
    ],
    "ids-differ": [
        Bad(
            lambda root: coco(
                root, lambda content: {**content, "categories": [{"id": 2, "name": "cat"}], "annotations": []}
            ),
            "instances_val.json",
        )
    ],
    "classes-differ": [Bad(coco_plus("categories", id=2, name="dog"), "instances_val.json")],
    "class-names-alike": [Bad(lambda root: yolo(root, names="[cat, Cat]"), "data")],
    "class-name-blank": [Bad(lambda root: table(root, "file,class", "a.png,NaN", "b.png,NaN"), "data")],
    "class-unused": [
        Bad(lambda root: yolo(root, names="[cat, dog]"), "data"),
        Bad(then(classes, lambda root: (root / "train/elk").mkdir()), "train/elk"),
    ],
    "class-untrained": [Bad(lambda root: coco(root, lambda content: {**content, "annotations": []}), "data")],
    "class-unmeasured": [Bad(lambda root: yolo(root, "0 .5 .5 .4 .4\n1 .5 .5 .4 .3", "[cat, dog]"), "data")],
    "class-imbalance": [
        Bad(
            lambda root: yolo(
                root, "\n".join([f"0 .5 .5 .4 {1 / side}" for side in range(2, 102)] + ["1 .3 .3 .4 .4"]), "[cat, dog]"
            ),
            "data",
        )
    ],
    "split-empty": [Bad(lambda root: [picture(root / name / "a.png") for name in ("cat", "dog")], "data")],
    "image-tiny": [Bad(then(classes, lambda root: picture(root / "train/cat/0.png", size=(40, 9))), "cat/0.png")],
    "image-long": [Bad(then(classes, lambda root: picture(root / "train/cat/0.png", size=(200, 20))), "cat/0.png")],
    "image-blank": [Bad(classes, "train/cat/0.png")],
    "mask-empty": [
        Bad(then(objects, lambda root: picture(root / "train/a/masks/2.png", "L", 0, (64, 64))), "a/masks/2.png")
    ],
    "mask-unlabelled": [
        Bad(then(masks, lambda root: picture(root / "train/masks/a.png", "L", 255)), "train/images/a.png")
    ],
    "copy-across-splits": [Bad(copied("train/cat/9.png", "val/cat/9.png"), "val/cat/9.png")],
    "copy-within-split": [Bad(copied("train/cat/8.png", "train/cat/9.png"), "cat/9.png")],
    "copy-alike-across-splits": [Bad(saved_again, "val/cat/9.jpg")],
    "form-left-out": [
        Bad(
            then(
                yolo,
                lambda root: text(
                    root / "instances_train.json",
                    sheet("images/train/a.png"),
                ),
            ),
            "data",
        )
    ],
}
"""By kind, data that have it."""
