"""predict: a checkpoint and images -> one JSON of records, and pictures; of molecules, see `running.molecules`."""

import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyhead.cores import use_cores
from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.loading.images import find_images
from polyhead.memory import keep_memory
from polyhead.ops.pictures import save
from polyhead.predictor import OVERLAP, Predictor, load
from polyhead.running.outcome import Answers
from polyhead.running.pictures import draw_records, unique_name

RECORDS = "predictions.json"


def predict(
    checkpoint: Path,
    paths: Sequence[str],
    out: Path,
    score: float | None = None,
    *,
    window: int | None = None,
    overlap: float | None = None,
    column: str | None = None,
) -> Answers:
    """Answer about images, or molecules, and return what was written.

    Pictures and records are made in a folder of their own and moved to `out` at the end, so that an error on the way
    leaves nothing half-written. Files of the same names there are replaced, others stay.

    Args:
        checkpoint: A file or a run folder.
        paths: Images, folders and globs; of a model of molecules, a table of such, or SMILES.
        out: Gets one picture an image, and `predictions.json`: a list of {"image", "picture", "heads"}.
        score: Leave out findings below it; None: each head's own best threshold.
        window: Look at each image in windows of this side, in its own pixels, instead of scaling it; heads that cannot
            be asked so are named, and get it scaled.
        overlap: The share of its side that a window has in common with the next one; None: a quarter.
        column: Of the molecules in a table; None: the one that is found by looking.

    Raises:
        UserError: If an image or the checkpoint is missing or broken, or windows do not suit the model.
    """
    keep_memory()
    use_cores()
    predictor = load(checkpoint)
    if not isinstance(predictor, Predictor):
        from polyhead.running import molecules  # rdkit is behind it

        if score is not None or window is not None:
            raise UserError(
                "--score and --window are of images, and this model was trained on molecules; leave them out"
            )
        return Answers(*molecules.predict(predictor, paths, out, column or ""))
    if column is not None:
        raise UserError(f"--column {column} is of molecules, and this model was trained on images; leave it out")
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
