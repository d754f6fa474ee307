"""Images with the class of every pixel, in folders of images and masks."""

from polyhead.data._album import SHARES, AlbumSource, Shares
from polyhead.data._folders import place_of
from polyhead.data._mask_folder import read


class MaskFolder(AlbumSource):
    """Images beside masks of the same names: ROOT/train/images/a.jpg and ROOT/train/masks/a.png, or without splits.

    ROOT/images/train and ROOT/masks/train will do too. The target is `mask`. Folders of masks may be called masks,
    mask, labels, annotations or gt; a mask may be called a_mask.png. Masks are grey or palette images of class numbers,
    255 where nobody labelled; where all of them hold nothing but 0 and 255, the latter is class 1. All are read
    once to see that, unless more than two classes are named. An image without a mask is unlabelled.

    Args:
        root: The folder.
        classes: The name of each class from number 0 on; (): the lines of ROOT/classes.txt, else background and
            foreground.
        split: Shares of train, val and test where there are no such folders, by the content of the files; where only
            val is missing, its share is taken from train.

    Raises:
        UserError: If no mask is there, one is not of its image's size, two may be meant, or a number has no name.
    """

    def __init__(self, root: str, *, classes: tuple[str, ...] = (), split: Shares = SHARES) -> None:
        place = place_of(root)
        super().__init__(place, read(place, classes), split)
