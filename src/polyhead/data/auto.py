"""Any folder whose form is known: it is looked at, and read as what it is."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.data import _class_csv, _coco, _image_folder, _instance_folder, _mask_folder, _voc, _yolo
from polyhead.data._album import SHARES, Album, AlbumSource, Shares
from polyhead.data._folders import files_in, place_of, subfolders
from polyhead.data._joined import joined
from polyhead.errors import UserError
from polyhead.findings.collecting import leaving_out, refusal


class Form(NamedTuple):
    """One form that data can have on disk.

    Attributes:
        name: What it is called.
        looks: The files that show it.
        fits: Whether a folder bears the marks of it.
        read: What such a folder holds.
    """

    name: str
    looks: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], Album]


def whole_masks(root: Path) -> bool:
    """Whether there are masks beside images, and not one for each object."""
    return _mask_folder.fits(root) and not _instance_folder.fits(root)


TABLE: Final = Form("class CSV", "*.csv or *.tsv with a column of image files", _class_csv.fits, _class_csv.read)
FORMS: Final = (
    Form("Pascal VOC", "Annotations/*.xml and JPEGImages", _voc.fits, _voc.read),
    Form("masks", "images/*.jpg and masks/*.png", whole_masks, _mask_folder.read),
    Form("instance masks", "X/images/*.png and X/masks/*.png", _instance_folder.fits, _instance_folder.read),
    Form("COCO", "annotations/instances_*.json", _coco.fits, _coco.read),
    Form("YOLO", "data.yaml, or images/*.jpg and labels/*.txt", _yolo.fits, _yolo.read),
    TABLE,
)
"""Forms that may be there side by side, the preferred first."""
TABLES: Final = frozenset({".csv", ".tsv"})
"""What files of tables end with."""
CLASSES: Final = Form("class folders", "CLASS/*.jpg or train/CLASS/*.jpg", _image_folder.fits, _image_folder.read)
"""What nearly any folder looks like, and so is taken only if nothing else fits."""


class Auto(AlbumSource):
    """The data in a folder, whatever known form it has: VOC, masks, COCO, YOLO, tables or class folders.

    Several forms of labels for the same images are joined; a target that two of them offer is read from the first in
    this order. The notes say what was found.

    Args:
        root: The folder; or a file that a form starts from, such as YOLO's data.yaml.
        split: Shares of train, val and test where the data have no split of their own, by the content of the files;
            where only val is missing, its share is taken from train.

    Raises:
        UserError: If there is no such folder, or no form fits; it lists what was looked for. Else as the forms' own.
    """

    def __init__(self, root: str, *, split: Shares = SHARES) -> None:
        place = place_of(root)
        albums: dict[str, Album] = {}
        for form in recognise(place):
            with leaving_out(whole=True):
                albums[form.name] = album_of(form, place)
        if not albums:
            raise refusal("labels-missing", place, "holds nothing that can be read", "mend what is said of it first")
        album = joined(place, albums) if len(albums) > 1 else next(iter(albums.values()))
        super().__init__(place, album, split)
        self.found: Final = tuple(albums)
        self.said.insert(0, f"{place}: read as {' and '.join(self.found)}")
        if self.found == (TABLE.name,) and "label" not in album.names and CLASSES.fits(place):
            self.said.append(f"{place}: folders are not read as classes beside a table; data.name=image_folder does so")


def recognise(root: Path) -> list[Form]:
    """Return the forms whose marks a folder bears, one or more; errors as `Auto`."""
    if not root.exists():
        raise refusal("folder-missing", root, "no such folder", "set the data's root to one")
    found = [form for form in FORMS if form.fits(root)] or [form for form in (CLASSES,) if form.fits(root)]
    if found:
        return found
    looked = "; ".join(f"{form.name} ({form.looks})" for form in (*FORMS, CLASSES))
    what = f"{seen(root)}, and that is no known form of data{misread(root)}; looked for {looked}"
    raise refusal("form-unknown", root, what, f"put the files so{within(root)}")


def misread(root: Path) -> str:
    """Return in words why the tables of a folder are no data; "" where there are none."""
    if root.is_file() or not any(path.suffix.lower() in TABLES for path in files_in(root).others):
        return ""
    try:
        TABLE.read(root)
    except UserError as error:
        return f" (as {TABLE.name}: {error})"
    return ""


def within(root: Path) -> str:
    """Return which folder in a folder bears the marks of a form, in words; "" where none does."""
    for folder in subfolders(root):
        for form in (*FORMS, CLASSES):
            if form.fits(folder):
                return f", or name {folder}, which looks like {form.name}"
    return ""


def album_of(form: Form, root: Path) -> Album:
    """Return what a folder of a form holds.

    Raises:
        UserError: As the form's own; it says which form was found, and how to name another.
    """
    try:
        return form.read(root)
    except UserError as error:
        raise UserError(f"{error} (read as {form.name}; if it is another form, name it with data.name=)") from error


def seen(root: Path) -> str:
    """Return in words what lies in a folder: "holds 2 folders (a, b) and 3 .txt"."""
    if root.is_file():
        return "is a file"
    folders, files = [path.name for path in subfolders(root)], files_in(root)
    suffixes = Counter(path.suffix or "no suffix" for path in (*files.images, *files.others))
    parts = [f"{count} {suffix}" for suffix, count in suffixes.most_common(3)]
    listed = f"{', '.join(folders[:3])}{' ...' if len(folders) > 3 else ''}"
    return f"holds {' and '.join([*([f'folders ({listed})'] if folders else []), *parts]) or 'nothing'}"
