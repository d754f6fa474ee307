"""Photographs with boxes and outlines, in the form of COCO."""

from polyhead.data._album import AlbumSource, Shares
from polyhead.data._coco import read
from polyhead.data._folders import place_of


class Coco(AlbumSource):
    """Images with boxes, and masks if the objects have outlines, from JSON files in the form of COCO.

    It reads annotations/instances_{train,val,test}*.json, or other JSON files of that form in annotations, in a folder
    named after a split (as Roboflow exports it), or in the root. Images are looked for beside the JSON file, in images,
    and in folders named after the split. The targets are `boxes` and, where all objects of an image have polygons or
    run-length codes, `mask`, with the background first and pixels of crowds unlabelled. Classes are matched by name, in
    the order of their ids; images without annotations show no object.

    Args:
        root: The folder, or a JSON file.
        split: Shares of train, val and test, where the data have no split of their own.

    Raises:
        UserError: If the data are not of this form, or something is missing or broken; one line that names the file,
            the place and the cure.
    """

    def __init__(self, root: str, *, split: Shares = (0.8, 0.1, 0.1)) -> None:
        place = place_of(root)
        super().__init__(place, read(place), split)
