"""Trained models, ready to be asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from polyhead import checkpoints
from polyhead.ensemble import check_members
from polyhead.errors import UserError
from polyhead.model import build_model, load_weights

if TYPE_CHECKING:
    from polyhead.molecule_predictor import MoleculePredictor
    from polyhead.predictor import Predictor

AnyPredictor: TypeAlias = "Predictor | MoleculePredictor"


def load(path: str | Path, device: str = "cpu", others: Sequence[str | Path] = ()) -> AnyPredictor:
    """Return the predictor of a run folder (its best checkpoint) or of a checkpoint file, which needs nothing else.

    It takes images or SMILES, as the data did that the model was trained on; what only the other kind needs is not
    imported, since torchvision and RDKit take their time.

    Args:
        path: The folder or the file.
        device: Where the network runs, such as "cuda".
        others: Further runs or checkpoints of the same recipe: answers are the means of all, with their spread.

    Raises:
        UserError: If there is none, or it is no checkpoint of polyhead, or the others do not fit to it.
    """
    first, *rest = [load_one(Path(one), device) for one in (path, *others)]
    if rest:
        names = [str(one) for one in (path, *others)]
        check_members([one.model for one in (first, *rest)], names)
        for one, name in zip(rest, names[1:], strict=True):
            if one.prepares != first.prepares:
                raise UserError(f"{name} and {path} prepare their {first.noun}s otherwise; take runs of one recipe")
        first.others = tuple(one.model for one in rest)
    return first


def load_one(path: Path, device: str) -> AnyPredictor:
    """Return the predictor of one model; arguments and errors are those of `load`."""
    stored = checkpoints.read(path)
    model = build_model(stored.recipe["task"])
    load_weights(model, stored.weights)
    data = stored.recipe["data"]
    if "size" in data:
        from polyhead.predictor import predictor_of as of_images

        return of_images(model, data, device)
    from polyhead.chemistry.trust import trust_in
    from polyhead.molecule_predictor import predictor_of as of_molecules

    return of_molecules(model, data, device, trust_in(path))
