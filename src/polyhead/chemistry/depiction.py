"""Molecules as chemists draw them, for networks that look at images."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from rdkit.Chem import Mol


def depict(mol: "Mol", side: int) -> "np.ndarray[Any, np.dtype[Any]]":
    """Return RDKit's drawing of a molecule: (3, side, side) uint8 RGB on white; of none, all white."""
    from PIL import Image
    from rdkit.Chem.Draw import rdMolDraw2D

    canvas = rdMolDraw2D.MolDraw2DCairo(side, side)
    rdMolDraw2D.PrepareAndDrawMolecule(canvas, mol)
    canvas.FinishDrawing()
    with Image.open(BytesIO(canvas.GetDrawingText())) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGB")).transpose(2, 0, 1))
