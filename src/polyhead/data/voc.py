"""Photographs with boxes, in the form of Pascal VOC."""

from polyhead.data._album import SHARES, AlbumSource
from polyhead.data._folders import place_of
from polyhead.data._voc import read


class Voc(AlbumSource):
    """Images with boxes from a folder in the form of Pascal VOC, with its own split.

    It reads ImageSets/Main/{train,val,test}.txt, Annotations/*.xml and the images in JPEGImages; the target is `boxes`.
    Without a list for val, a ninth of train is taken for it, by the content of the files. Corners are taken as VOC's,
    counted from 1 and inclusive. Boxes without area are left out and noted, their images stay. Objects marked difficult
    count like the others. Classes are those of all annotations of the three splits, sorted.

    Args:
        root: The folder.

    Raises:
        UserError: If the folder is not of this form or a file is missing or broken; one line that names it.
    """

    def __init__(self, root: str) -> None:
        place = place_of(root)
        super().__init__(place, read(place), SHARES)
