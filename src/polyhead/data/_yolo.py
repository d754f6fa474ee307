"""Reading data in the form of YOLO: a text file of boxes or polygons for each image."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from polyhead.data._album import Album
from polyhead.data._flaws import Flaws, boxes_within, counted, first, unlisted, unused
from polyhead.data._folders import files_in, must_exist, subfolders
from polyhead.data._instances import instances_within
from polyhead.data._photos import Label, Photo
from polyhead.data._regions import Region, Regions, outlined, polygons_within
from polyhead.data._sizes import Size, read_sizes
from polyhead.data._yolo_files import Layout, config_of, is_config, layout_of
from polyhead.data._yolo_lines import Mark, read_marks
from polyhead.findings.collecting import is_heard, leaving_out, refusal, refuse, remark
from polyhead.loading.source import Split


def fits(root: Path) -> bool:
    """Whether there is a data.yaml with names and a split, or labels as text beside images or in `labels`."""
    config = config_of(root)
    if config is not None and config.suffix in {".yaml", ".yml"} and is_config(config):
        return True
    if root.is_file():
        return False
    labels = [place / "labels" for place in (root, *subfolders(root))]
    folders = [folder for place in labels for folder in (place, *subfolders(place))]
    texts = any(file.name != "classes.txt" for folder in folders for file in folder.glob("*.txt"))
    flat = (root / "classes.txt").is_file() and any(label_file(path) for path in files_in(root).images)
    return texts or flat


def read(root: Path) -> Album:
    """Return all images with the target `boxes`, and `mask` and `instances` where objects have polygons.

    Raises:
        UserError: If there are no class names, images or labels, or a file is broken or names what is not there; it
            names the file, the line and the cure.
    """
    if not root.is_file():
        must_exist(root)
    layout = layout_of(root)
    layout = listed_once(layout)
    files = {path: label_file(path) for _, path in layout.images}
    if not any(files.values()):
        path = layout.images[0][1]
        what = f"has no label file {beside(path)}, nor has any other image"
        raise refusal("labels-missing", path, what, "put labels into folders `labels` as images are in `images`")
    flaws = Flaws(root)
    names = tuple(dict.fromkeys(layout.classes.values()))
    photos, masks, said = outlined(photos_of(layout, files, flaws), names)
    lines = [*unused(names, photos), *said, *unlabelled(files), *orphans(files, layout)]
    notes = [*layout.notes, *flaws.lines(), *(f"{root}: {line}" for line in lines)]
    return Album(photos, {"boxes": names, **masks}, [*notes, *unlisted(root, files, "in no split")])


def listed_once(layout: Layout) -> Layout:
    """Return a layout without the images that are there before.

    Raises:
        UserError: If one is; it names the splits.
    """
    seen: dict[Path, Split | None] = {}
    for split, path in layout.images:
        if path in seen:
            where = f"twice in {split}" if seen[path] == split else f"in {seen[path]} and in {split}"
            cure = "list it once (without a val of their own, data lend a part of train)"
            refuse("image-twice", path, f"is {where}", cure, image=str(path))
            continue
        seen[path] = split
    return layout._replace(images=[(split, path) for path, split in seen.items()])


def beside(image: Path) -> Path:
    """Return where the labels of an image belong: the last folder `images` of its path is called `labels` there."""
    parts = list(image.parts)
    if "images" not in parts:
        return image.with_suffix(".txt")
    parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts).with_suffix(".txt")


def label_file(image: Path) -> Path | None:
    """Return the label file of an image, in `labels` or beside the image; None if it has none.

    A link to nothing is one too: reading it fails by its name, and the image is not taken for unlabelled.
    """
    places = (beside(image), image.with_suffix(".txt"))
    return next((path for path in places if path.is_file() or path.is_symlink()), None)


def photos_of(layout: Layout, files: Mapping[Path, Path | None], flaws: Flaws) -> Iterator[Photo]:
    """Yield the images with their labels, none where they have no file; outlines where all objects have polygons.

    Raises:
        UserError: If an image or a label file is broken.
    """
    sizes = read_sizes([path for _, path in layout.images])
    for (split, path), size in zip(layout.images, sizes, strict=True):
        file = files[path]
        if size is None:
            continue
        labels: dict[str, Label] | None = {} if file is None else None
        with leaving_out():
            if file:
                labels = labels_of(file, read_marks(file, layout.classes, layout.origin), path, size, flaws)
        if labels is not None:
            yield Photo(path, split, labels, size)


def labels_of(file: Path, marks: Sequence[Mark], path: Path, size: Size, flaws: Flaws) -> dict[str, Label]:
    """Return what a label file says of an image of `size` (H, W) in `path`."""
    rows = [(f"line {mark.line}", mark.name, mark.corners(size)) for mark in marks]
    labels: dict[str, Label] = {"boxes": boxes_within(rows, size, file, flaws, path)}
    if all(mark.polygon for mark in marks):
        regions = [Region(mark.name, polygons_within([mark.outline(size)], size), mark.line) for mark in marks]
        labels["mask"] = Regions(regions, str(file))
        corners = [mark.corners(size) for mark in marks]
        labels["instances"] = instances_within(list(zip(corners, regions, strict=True)), size, str(file))
    return labels


def unlabelled(files: Mapping[Path, Path | None]) -> list[str]:
    """Return, in one line at most, which images have no label file."""
    bare = [path.name for path, file in files.items() if file is None]
    for path, file in files.items() if is_heard() else ():
        if file is None:
            remark("image-unlabelled", path, "has no label file: unlabelled", f"add {beside(path)}", image=str(path))
    return [f"{counted(bare, 'image')} without a label file: unlabelled ({first(bare)})"] if bare else []


def orphans(files: Mapping[Path, Path | None], layout: Layout) -> list[str]:
    """Return, in one line at most, which text files beside the labels are of no image."""
    known = {*files.values(), *layout.lists}
    folders = sorted({file.parent for file in files.values() if file})
    texts = [path for folder in folders for path in files_in(folder).others if path.suffix == ".txt"]
    lost = [path.name for path in texts if path not in known and path.name != "classes.txt"]
    for path in texts if is_heard() else ():
        if path.name in lost and path not in known:
            remark("label-orphan", path, "is a label file without an image: left out", "add the image or delete it")
    return [f"{counted(lost, 'label file')} without an image: left out ({first(lost)})"] if lost else []
