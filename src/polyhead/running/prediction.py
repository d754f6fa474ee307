"""predict: a checkpoint and images or molecules -> answers in a folder."""

from collections.abc import Sequence
from pathlib import Path

from polyhead.cores import use_cores
from polyhead.errors import UserError
from polyhead.memory import keep_memory
from polyhead.running.outcome import Answers
from polyhead.trained import load


def predict(
    checkpoint: Path,
    items: Sequence[str],
    out: Path,
    score: float | None = None,
    *,
    window: int | None = None,
    overlap: float | None = None,
    column: str | None = None,
    others: Sequence[Path] = (),
) -> Answers:
    """Answer about images, or molecules, and return what was written.

    Args:
        checkpoint: A file or a run folder.
        items: Images, folders and globs; of a model of molecules, a table of such, or SMILES.
        out: The folder that gets the answers.
        score: Of images: leave out findings below it; None: each head's own best threshold.
        window: Of images: look in windows of this side, in their own pixels, instead of scaling them; heads that cannot
            be asked so are named, and get them scaled.
        overlap: The share of its side that a window has in common with the next one; None: a quarter.
        column: Of the molecules in a table; None: the one that is found by looking.
        others: Further runs or checkpoints, that are asked with it: answers are means then, with their spread.

    Raises:
        UserError: If an item or the checkpoint is missing or broken, or an option does not suit the model.
    """
    keep_memory()
    use_cores()
    predictor = load(checkpoint, others=others)
    if predictor.noun == "molecule":
        from polyhead.running import predicting_molecules  # rdkit is behind it

        refuse("molecules", {"--score": score, "--window": window})
        return predicting_molecules.predict(predictor, items, out, column or "")
    from polyhead.running import predicting_images  # torchvision is behind it

    refuse("images", {"--column": column})
    return predicting_images.predict(predictor, items, out, score, window=window, overlap=overlap)


def refuse(here: str, given: dict[str, object]) -> None:
    """Check that no option is given that a model of `here` has nothing to do with.

    Raises:
        UserError: If one is.
    """
    for option, value in given.items():
        if value is not None:
            raise UserError(f"{option} {value} does not suit a model of {here}; leave it out")
