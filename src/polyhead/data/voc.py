"""Photographs with boxes, in the form of Pascal VOC."""

from polyhead.data._album import SHARES, AlbumSource, Shares
from polyhead.data._folders import place_of
from polyhead.data._voc import read


class Voc(AlbumSource):
    """Images with boxes from a folder in the form of Pascal VOC.

    It reads ImageSets/Main/{train,val,test}.txt, Annotations/*.xml and the images in JPEGImages (or annotations and
    images); the target is `boxes`. Without lists all images are taken, those without an annotation unlabelled. Corners
    are taken as VOC's, counted from 1 and inclusive. Boxes without area are left out and noted, their images stay.
    Objects marked difficult count like the others. Classes are those of all annotations, sorted.

    Args:
        root: The folder.
        split: Shares of train, val and test, where the data have no split of their own.

    Raises:
        UserError: If the folder is not of this form or a file is missing or broken; one line that names it.
    """

    def __init__(self, root: str, *, split: Shares = SHARES) -> None:
        place = place_of(root)
        super().__init__(place, read(place), split)
