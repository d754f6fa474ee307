"""Photographs with boxes and polygons, in the form of YOLO."""

from polyhead.data._album import AlbumSource, Shares
from polyhead.data._folders import place_of
from polyhead.data._yolo import read


class Yolo(AlbumSource):
    """Images with boxes, and masks if the objects have polygons, from a text file for each image.

    It reads data.yaml (path, train, val, test, names), or else images in images/train, train/images, images or the
    root, with the class names in classes.txt. The labels of images/x/a.jpg are in labels/x/a.txt or beside the image:
    lines of a class number and x, y of the centre, width, height, or x, y of three corners or more, as shares of the
    image's width and height. The targets are `boxes` and, where all objects of an image have polygons, `mask`, with the
    background first. An empty label file says that there is no object, and no label file says nothing.

    Args:
        root: The folder, or a data.yaml.
        split: Shares of train, val and test, where the data have no split of their own.

    Raises:
        UserError: If the data are not of this form, or something is missing or broken; one line that names the file,
            the line and the cure.
    """

    def __init__(self, root: str, *, split: Shares = (0.8, 0.1, 0.1)) -> None:
        place = place_of(root)
        super().__init__(place, read(place), split)
