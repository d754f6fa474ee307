"""predict for images: one JSON of records, and pictures with everything drawn in."""

import logging
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.loading.images import find_images
from polyhead.ops.pictures import save
from polyhead.predictor import OVERLAP, Predictor
from polyhead.running.outcome import Answers
from polyhead.running.pictures import draw_records, unique_name

RECORDS = "predictions.json"


def predict(
    predictor: Predictor,
    paths: Sequence[str],
    out: Path,
    score: float | None = None,
    *,
    window: int | None = None,
    overlap: float | None = None,
) -> Answers:
    """Answer about images, and return what was written.

    Pictures and records are made in a folder of their own and moved to `out` at the end, so that an error on the way
    leaves nothing half-written. Files of the same names there are replaced, others stay; an image that is asked about
    never is.

    Args:
        predictor: The model.
        paths: Images, folders and globs.
        out: Gets one picture an image, and `predictions.json`: a list of {"image", "picture", "heads"}.
        score: And what follows: see `prediction.predict`.
        window: As above.
        overlap: As above.

    Raises:
        UserError: If an image is missing or broken, or would be replaced, or windows do not suit the model.
    """
    images, taken = find_images(paths), set[str]()
    pictures = [unique_name(path, taken) for path in images]
    check_kept(images, [out / name for name in (RECORDS, *pictures)])
    for name in predictor.asked_as_a_whole() if window is not None else ():
        logging.getLogger("polyhead").warning(f"{name}: asked about each image as a whole, scaled, and not by windows")
    with tempfile.TemporaryDirectory(prefix="polyhead-") as made:
        folder = Path(made)
        records: list[dict[str, Any]] = []
        share = OVERLAP if overlap is None else overlap
        answers = predictor.stream(images, score=score, window=window, overlap=share)
        for path, picture, (pixels, answer) in zip(images, pictures, answers, strict=True):
            save(draw_records(predictor.model, pixels, answer), folder / picture)
            records.append({"image": str(path), "picture": picture, "heads": answer})
        write_text(json_text(records), folder / RECORDS)
        out.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            shutil.move(file, out / file.name)
    return Answers(out / RECORDS, (("records", out / RECORDS), ("pictures", out)))


def check_kept(images: Iterable[Path], written: Iterable[Path]) -> None:
    """Check that none of some images, which are there, is among the files that are to be written.

    Files are told apart by the disk: a link, or on some disks a name in capital letters, leads to the same one.

    Raises:
        UserError: If one is.
    """
    given = {identity(image): image for image in images}
    for file in written:
        if file.exists() and (image := given.get(identity(file))):
            raise UserError(
                f"--out {file.parent}: the image {image} would be replaced by {file.name}; choose another folder"
            )


def identity(path: Path) -> tuple[int, int]:
    """Return the numbers by which a disk knows a file."""
    found = path.stat()
    return found.st_dev, found.st_ino
