"""predict for images: one JSON of records, and pictures with everything drawn in."""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    leaves nothing half-written. Files of the same names there are replaced, others stay.

    Args:
        predictor: The model.
        paths: Images, folders and globs.
        out: Gets one picture an image, and `predictions.json`: a list of {"image", "picture", "heads"}.
        score: And what follows: see `prediction.predict`.
        window: As above.
        overlap: As above.

    Raises:
        UserError: If an image is missing or broken, or windows do not suit the model.
    """
    images = find_images(paths)
    for name in predictor.asked_as_a_whole() if window is not None else ():
        logging.getLogger("polyhead").warning(f"{name}: asked about each image as a whole, scaled, and not by windows")
    with tempfile.TemporaryDirectory(prefix="polyhead-") as made:
        folder, taken = Path(made), set[str]()
        records: list[dict[str, Any]] = []
        share = OVERLAP if overlap is None else overlap
        answers = predictor.stream(images, score=score, window=window, overlap=share)
        for path, (pixels, answer) in zip(images, answers, strict=True):
            picture = unique_name(path, taken)
            save(draw_records(predictor.model, pixels, answer), folder / picture)
            records.append({"image": str(path), "picture": picture, "heads": answer})
        write_text(json_text(records), folder / RECORDS)
        out.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            shutil.move(file, out / file.name)
    return Answers(out / RECORDS, (("records", out / RECORDS), ("pictures", out)))
