"""Trained models, ready to be asked."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from polyhead import checkpoints
from polyhead.model import build_model, load_weights

if TYPE_CHECKING:
    from polyhead.molecule_predictor import MoleculePredictor
    from polyhead.predictor import Predictor

AnyPredictor: TypeAlias = "Predictor | MoleculePredictor"


def load(path: str | Path, device: str = "cpu") -> AnyPredictor:
    """Return the predictor of a run folder (its best checkpoint) or of a checkpoint file, which needs nothing else.

    It takes images or SMILES, as the data did that the model was trained on; what only the other kind needs is not
    imported, since torchvision and RDKit take their time.

    Args:
        path: The folder or the file.
        device: Where the network runs, such as "cuda".

    Raises:
        UserError: If there is none, or it is no checkpoint of polyhead.
    """
    stored = checkpoints.read(Path(path))
    model = build_model(stored.recipe["task"])
    load_weights(model, stored.weights)
    data = stored.recipe["data"]
    if "size" in data:
        from polyhead.predictor import predictor_of as of_images

        return of_images(model, data, device)
    from polyhead.molecule_predictor import predictor_of as of_molecules

    return of_molecules(model, data, device)
