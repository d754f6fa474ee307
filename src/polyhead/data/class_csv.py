"""Images and their classes, or numbers, in tables."""

from polyhead.data._album import SHARES, AlbumSource, Shares
from polyhead.data._class_csv import read
from polyhead.data._csv_columns import Asked
from polyhead.data._folders import place_of


class ClassCsv(AlbumSource):
    """Images that CSV or TSV files list, each row with a class, with several, or with numbers.

    Columns are found by looking, and the notes say which: images in the one whose cells name files that are there, from
    the table on or anywhere below the root, with or without suffix; a class where words come again, or the header is
    label, class, category or the like; several classes where columns hold nothing but 0, 1 and blanks, or names stand
    in one cell with `|` or `;` between them; numbers as values of the name of their column; and the split where the
    header is split. The only target of classes is `label`. A blank is unlabelled; a mere `|` belongs to no class.

    Args:
        root: The folder, or a table. Several tables are told apart by train, val and test in their names.
        file_column: The column of images.
        class_columns: Columns of one class an image. If these or the next two are set, only what they name is read.
        tag_columns: A column of several names an image; or columns of 0 and 1, one for each class.
        value_columns: Columns of numbers.
        split_column: The column of train, val and test.
        separator: What stands between two names.
        split: Shares of train, val and test where the data have no split of their own, by the content of the files;
            where only val is missing, its share is taken from train.

    Raises:
        UserError: If no table lists images, or a row names one that is not there, one again with other labels, or
            something that its column cannot hold; one line that names the file, the line and the cure.
    """

    def __init__(
        self,
        root: str,
        *,
        file_column: str | None = None,
        class_columns: tuple[str, ...] = (),
        tag_columns: tuple[str, ...] = (),
        value_columns: tuple[str, ...] = (),
        split_column: str | None = None,
        separator: str | None = None,
        split: Shares = SHARES,
    ) -> None:
        asked = Asked(file_column, class_columns, tag_columns, value_columns, split_column, separator)
        place = place_of(root)
        super().__init__(place, read(place, asked), split)
