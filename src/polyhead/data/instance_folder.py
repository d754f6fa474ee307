"""Images with a mask file for each object."""

from polyhead.data._album import SHARES, AlbumSource, Shares
from polyhead.data._folders import place_of
from polyhead.data._instance_folder import OBJECT, read


class InstanceFolder(AlbumSource):
    """Images whose objects have a mask in a file each: ROOT/x/images/x.png and ROOT/x/masks/*.png, for every image x.

    ROOT/images/x.png with ROOT/masks/x/*.png or ROOT/masks/x_*.png will do too, and all of these within train, val and
    test. The targets are `instances`, `boxes` and `mask`. In a mask, what is not 0 is of the object; objects may
    overlap. All are read once before a run. A folder of masks that is empty says that there is no object; an image
    without one is unlabelled.

    Args:
        root: The folder.
        label: What the objects are called.
        split: Shares of train, val and test where there are no such folders, by the content of the files; where only
            val is missing, its share is taken from train.

    Raises:
        UserError: If no mask is there, one is not of its image's size, or has several numbers beside 0.
    """

    def __init__(self, root: str, *, label: str = OBJECT, split: Shares = SHARES) -> None:
        place = place_of(root)
        super().__init__(place, read(place, label), split)
