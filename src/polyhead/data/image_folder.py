"""Images in folders, one folder for each class."""

from polyhead.data._album import SHARES, AlbumSource, Shares
from polyhead.data._folders import place_of
from polyhead.data._image_folder import read


class ImageFolder(AlbumSource):
    """Images that lie in a folder for each class: ROOT/train/CLASS/a.jpg, or ROOT/CLASS/a.jpg without splits.

    The target is `label`. Splits are folders called train, val (valid, validation) and test, in upper or lower case;
    images may lie deeper within the folder of a class. Classes are the names of the folders, sorted.

    Args:
        root: The folder.
        split: Shares of train, val and test where there are no such folders, by the content of the files; where only
            val is missing, its share is taken from train.

    Raises:
        UserError: If no image is there or one is empty, or val or test has a class that train lacks; one line.
    """

    def __init__(self, root: str, *, split: Shares = SHARES) -> None:
        place = place_of(root)
        super().__init__(place, read(place), split)
