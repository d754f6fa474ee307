"""Data that a run refuses, by the kind of finding that they have to make."""

from PIL import Image
from small_data import (
    broken_jsons,
    classes,
    coco,
    coco_with,
    cut,
    masks,
    picture,
    text,
    then,
    voc,
    yolo,
)
from spoilt import JSON, LABEL, Bad, coco_plus, coco_without, nothing, objects, sheet, table, turned, xml

REFUSED: dict[str, list[Bad]] = {
    "folder-missing": [Bad(nothing, "data")],
    "form-unknown": [Bad(lambda root: root.mkdir(), "data")],
    "form-unclear": [
        Bad(
            then(
                coco,
                lambda root: (root / "annotations/instances_val.json").rename(root / "annotations/instances_x.json"),
            ),
            "instances_x.json",
        ),
    ],
    "labels-missing": [
        Bad(
            then(
                yolo,
                lambda root: (
                    [(root / f"labels/{split}/a.txt").unlink() for split in ("train", "val")]
                    + [text(root / "labels/x.txt", "")]
                ),
            ),
            "a.png",
        )
    ],
    "image-missing": [
        Bad(coco_with("images", file_name="gone.png"), JSON, 1, "images[0]"),
        Bad(lambda root: voc(root, listed="train\ngone"), "ImageSets/Main/train.txt", 2),
    ],
    "image-unclear": [Bad(then(voc, lambda root: picture(root / "JPEGImages/train.png")), "Main/train.txt", 1)],
    "image-dead-link": [
        Bad(then(classes, lambda root: (root / "train/cat/9.png").symlink_to("nowhere.png")), "cat/9.png")
    ],
    "image-empty": [
        Bad(then(classes, lambda root: (root / "train/cat/0.png").write_bytes(b"")), "train/cat/0.png"),
        Bad(then(coco, lambda root: (root / "train/a.png").write_bytes(b"")), "train/a.png"),
    ],
    "image-unreadable": [
        Bad(then(classes, lambda root: cut(root / "train/cat/0.png")), "train/cat/0.png"),
        Bad(then(classes, lambda root: text(root / "train/cat/0.png", "no pixels")), "train/cat/0.png"),
        Bad(then(yolo, lambda root: text(root / "images/train/a.png", "no pixels")), "train/a.png"),
        Bad(then(masks, lambda root: cut(root / "train/images/a.png")), "train/images/a.png"),
    ],
    "image-values": [
        Bad(then(classes, lambda root: Image.new("F", (20, 16)).save(root / "train/cat/9.tif")), "cat/9.tif")
    ],
    "image-twice": [
        Bad(coco_plus("images", id=2), JSON, 1, "images[1]"),
        Bad(lambda root: voc(root, listed="train\ntrain"), "train.jpg"),
    ],
    "image-size": [
        Bad(coco_with("images", width=99), JSON, 1, "images[0]"),
        Bad(turned, JSON, 1, "images[0]"),
        Bad(
            lambda root: xml(root, "<object>", "<size><width>9</width><height>16</height></size><object>"), "train.xml"
        ),
    ],
    "name-twice": [Bad(then(masks, lambda root: picture(root / "train/images/a.jpg")), "images/a.png")],
    "text-unreadable": [Bad(then(yolo, lambda root: (root / LABEL).write_bytes(b"\xff\xfe0")), LABEL)],
    "class-name-empty": [
        Bad(then(masks, lambda root: text(root / "classes.txt", "ground\n\nroad\n")), "classes.txt", 2)
    ],
    "class-name-twice": [
        Bad(lambda root: yolo(root, names="[cat, cat]"), "data.yaml"),
        Bad(coco_plus("categories", id=2), JSON, 1, "categories[1]"),
    ],
    "class-names-missing": [
        Bad(then(yolo, lambda root: text(root / "data.yaml", "train: images/train\n")), "data.yaml"),
        Bad(
            lambda root: [
                coco(root),
                *[
                    text(file, '{"images": [], "annotations": [], "categories": []}')
                    for file in (root / "annotations").iterdir()
                ],
            ],
            JSON,
        ),
    ],
    "class-count": [Bad(then(masks, lambda root: text(root / "classes.txt", "ground\n")), "data")],
    "class-not-trained": [Bad(then(classes, lambda root: picture(root / "val/dgo/0.png")), "val/dgo")],
    "mask-size": [
        Bad(then(masks, lambda root: picture(root / "train/masks/a.png", "L", 1, (10, 16))), "masks/a.png"),
        Bad(then(objects, lambda root: picture(root / "train/a/masks/1.png", "L", 1, (9, 9))), "a/masks/1.png"),
    ],
    "mask-value": [Bad(then(masks, lambda root: picture(root / "train/masks/a.png", "L", 7)), "train/masks/a.png")],
    "mask-unreadable": [
        Bad(then(masks, lambda root: picture(root / "train/masks/a.png", "RGB", (9, 0, 0))), "masks/a.png")
    ],
    "mask-white": [
        Bad(then(lambda root: masks(root, 255), lambda root: text(root / "classes.txt", "a\nb\nc\n")), "a.png")
    ],
    "json-broken": [Bad(broken_jsons, JSON)],
    "json-form": [Bad(coco_without("categories"), JSON), Bad(lambda root: coco(root, lambda content: [content]), JSON)],
    "json-value": [
        Bad(coco_with("annotations", bbox=["2", 2, 8, 8]), JSON, 1, "annotations[0]"),
        Bad(coco_with("annotations", bbox=[2, float("nan"), 8, 8]), JSON, 1, "annotations[0]"),
        Bad(coco_plus("images", id="2"), JSON, 1, "images[1]"),
    ],
    "id-twice": [Bad(coco_plus("images", file_name="b.png"), JSON, 1, "images[1]")],
    "image-id-unknown": [Bad(coco_plus("annotations", image_id=7), JSON, 1, "annotations[1]")],
    "class-id-unknown": [Bad(coco_plus("annotations", category_id=5), JSON, 1, "annotations[1]")],
    "outline-broken": [
        Bad(coco_with("annotations", segmentation=[[1, 2, 3, 4, 5, 6, 7]]), JSON, 1, "annotations[0]"),
        Bad(coco_with("annotations", segmentation={"size": [9, 9], "counts": [81]}), JSON, 1, "annotations[0]"),
        Bad(coco_with("annotations", segmentation={"size": [16, 20], "counts": "o"}), JSON, 1, "annotations[0]"),
    ],
    "config-broken": [
        Bad(
            then(yolo, lambda root: text(root / "data.yaml", "names: [cat]\ntrain: images/train\nval: gone\n")),
            "data.yaml",
        ),
        Bad(
            then(yolo, lambda root: text(root / "data.yaml", "names: [cat]\nnc: 3\ntrain: images/train\n")), "data.yaml"
        ),
    ],
    "images-missing": [Bad(then(yolo, lambda root: (root / "images/val/a.png").unlink()), "images/val")],
    "class-number-unknown": [Bad(lambda root: yolo(root, "0 .5 .5 .4 .4\n3 .5 .5 .4 .4"), LABEL, 2)],
    "class-number-broken": [Bad(lambda root: yolo(root, "cat .5 .5 .4 .4"), LABEL, 1)],
    "label-columns": [Bad(lambda root: yolo(root, "0 0.5 0.5 0.4"), LABEL, 1)],
    "label-number": [
        Bad(lambda root: yolo(root, "0 .5 .5 .4 wide"), LABEL, 1),
        Bad(lambda root: yolo(root, "0 .5 nan .4 .4"), LABEL, 1),
    ],
    "label-pixels": [Bad(lambda root: yolo(root, "0 12 8 4 4"), LABEL, 1)],
    "table-broken": [Bad(lambda root: table(root, "file,class,class"), "train.csv", 1, form="class_csv")],
    "cell-value": [
        Bad(lambda root: table(root, "file,class,split", "a.png,cat,train", "b.png,dog,tran"), "train.csv", 3),
    ],
    "xml-missing": [Bad(then(voc, lambda root: (root / "Annotations/train.xml").unlink()), "train.xml")],
    "xml-broken": [Bad(lambda root: xml(root, "</annotation>", ""), "train.xml")],
    "xml-value": [
        Bad(lambda root: xml(root, "<name>cat</name>", "<name/>"), "train.xml", 1, "object 1"),
        Bad(lambda root: xml(root, "<xmax>8", "<xmax>x"), "train.xml", 1, "object 1"),
    ],
    "split-conflict": [
        Bad(
            then(
                yolo,
                lambda root: text(
                    root / "instances_val.json",
                    sheet("images/train/a.png"),
                ),
            ),
            "train/a.png",
        )
    ],
}
"""By kind, data that have it."""
