"""The kinds of what can be wrong with data, each with how bad it is.

An error stops a run, before it begins or when the item is read. A warning is of what was left out or changed, or is
likely a mistake. A note is worth knowing.
"""

from typing import Final, Literal, NamedTuple

Level = Literal["error", "warning", "note"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")


class Kind(NamedTuple):
    """A kind of finding: how bad it is, and what it means."""

    level: Level
    means: str


ERRORS: Final = {
    "folder-missing": "a folder that the data must have is not there",
    "form-unknown": "the folder bears the marks of no known form of data",
    "form-unclear": "files may belong to the data in more than one way",
    "images-missing": "there is no image at all",
    "labels-missing": "there is no label at all",
    "image-missing": "an image is listed, and is not there",
    "image-unclear": "a listed image may be one of several files",
    "image-dead-link": "an image is a link to nothing",
    "image-empty": "an image file has 0 bytes",
    "image-unreadable": "an image cannot be read, or not to its end",
    "image-values": "nobody can tell what is white in an image",
    "image-twice": "an image is listed twice",
    "image-size": "an image has another size than its labels were made for",
    "name-twice": "two images, or two masks, have one name, and masks are found by it",
    "split-conflict": "an image is in one split here and in another there",
    "text-unreadable": "a text file is missing, unreadable or not UTF-8",
    "class-name-empty": "a line that should name a class is empty",
    "class-name-twice": "two classes have one name",
    "class-names-missing": "nothing says what the classes are called",
    "class-count": "there are too few or too many classes for masks",
    "class-not-trained": "val or test has a class folder that train lacks",
    "mask-size": "a mask has another size than its image",
    "mask-value": "a mask holds a number that no class has",
    "mask-unreadable": "a mask's pixels are no class numbers: coloured, transparent, floats",
    "mask-white": "255 may be a class or unlabelled",
    "json-broken": "a JSON file cannot be read, or is no JSON",
    "json-form": "a JSON file has not the lists of COCO's form",
    "json-value": "an entry of a JSON file lacks a value, or has one of another type",
    "id-twice": "two entries have one id",
    "image-id-unknown": "an object is of an image that is not listed",
    "class-id-unknown": "an object has a category id without a name",
    "outline-broken": "an outline does not fit its image, or is no outline",
    "config-broken": "data.yaml is broken, or names what is not there",
    "class-number-unknown": "a line has a class number without a name",
    "class-number-broken": "a line does not begin with a class number",
    "label-columns": "a line has too few or too many columns",
    "label-number": "a word that should be a number is none, or not finite",
    "label-pixels": "a number is far outside 0 to 1: pixels, likely",
    "table-broken": "a table cannot be read as one",
    "cell-value": "a cell of a table holds what its column cannot",
    "xml-missing": "an image has no annotation file",
    "xml-broken": "an annotation file is no XML, or in an encoding that is not read",
    "xml-value": "a name or a number is missing in an annotation file",
}
WARNINGS: Final = {
    "box-without-area": "a box has no area: left out",
    "box-outside": "a box is outside of its image: left out",
    "box-sticks-out": "a box sticks out of its image: cut",
    "box-twice": "a box is there twice, of one class",
    "box-of-two-classes": "two boxes have the same corners and other classes",
    "box-tiny": "a side of a box is below 2 pixels",
    "box-thin": "a side of a box is 50 times the other",
    "box-whole-image": "a box covers the whole image",
    "boxes-doubtful": "half of all boxes or more are outside or tiny: another form, likely",
    "box-off-outline": "a box is not around its outline",
    "object-id-twice": "two objects have one id, which other tools trip over",
    "outline-short": "a polygon has fewer than three corners: left out",
    "outline-missing": "an image has objects without an outline: no mask of it is learned",
    "label-orphan": "a label file, or a mask, is of no image: left out",
    "row-twice": "a row says again what another one does: left out",
    "image-unlisted": "an image is in no list, split or class: left out",
    "file-strange": "a file is of another kind than those beside it: left out",
    "folder-strange": "a folder lies beside those that are read: left out",
    "path-strange": "data.yaml has a path that is not there: its own folder is taken",
    "link-dead": "a link leads to nothing: left out",
    "ids-differ": "JSON files have other ids for one class: matched by name",
    "classes-differ": "a JSON file lacks categories that another one has",
    "class-names-alike": "two class names differ in case or spaces only",
    "class-name-blank": "a class is called like what is missing: nan, none",
    "class-unused": "a class has no object, image or pixel",
    "class-untrained": "a class is in val or test, and not in train",
    "class-unmeasured": "a class is in train, and not in val",
    "class-imbalance": "one class is a hundred times as frequent as another",
    "split-empty": "a split that a run needs has no image",
    "image-tiny": "an image has a side below 16 pixels",
    "image-huge": "an image has more than 50 million pixels",
    "image-long": "a side of an image is 10 times the other",
    "image-blank": "an image is of one colour throughout",
    "image-odd": "an image decodes with a complaint",
    "mask-empty": "the mask of one object shows none: left out",
    "mask-unlabelled": "a mask has no labelled pixel",
    "copy-across-splits": "an image is in two splits: what is measured was learned",
    "copy-alike-across-splits": "nearly one image is in two splits",
    "copy-within-split": "an image is there twice in a split",
    "form-left-out": "a target is read from another form of labels",
}
MOLECULES: Final = {
    "molecule-row": "a row has too few or too many cells: left out",
    "molecule-empty": "a row has no molecule: left out",
    "molecule-invalid": "a row holds no possible molecule: left out",
    "molecule-atoms": "a molecule has elements that few molecules have",
    "molecule-label": "a cell that should be a number is none: unlabelled",
    "molecule-duplicate": "a molecule came before",
    "molecule-leak": "a molecule is in two splits: what is measured was learned",
    "molecule-leak-but-for-stereo": "a molecule is in one split, and another form of it in another",
    "molecule-conflict": "rows of one molecule contradict each other",
}
"""Warnings of rows of molecules, as `polyhead.chemistry` calls them."""
NOTES: Final = {
    "molecule-salt": "a molecule is a salt",
    "molecule-mixture": "a row holds several molecules",
    "molecule-maps": "atoms are numbered: the numbers are taken away",
    "molecule-flat": "a molecule had stereochemistry: it is taken away",
    "molecule-stereo": "a molecule differs from an earlier one in stereochemistry alone",
    "box-crowd": "a box is around a crowd: left out, and unlabelled in a mask",
    "image-unlabelled": "an image has no label: it teaches and measures nothing",
    "image-without-object": "an image says that there is no object in it",
    "class-unknown-in-source": "a source does not label a class of the others",
    "class-left-out": "a class of a source is left out on request",
    "path-absolute": "a path is absolute, or leads out of the folder of the data: a copy of them follows it back",
}
KINDS: Final[dict[str, Kind]] = {
    **{name: Kind("error", means) for name, means in ERRORS.items()},
    **{name: Kind("warning", means) for name, means in (WARNINGS | MOLECULES).items()},
    **{name: Kind("note", means) for name, means in NOTES.items()},
}
