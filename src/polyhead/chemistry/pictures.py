"""What atoms contribute, drawn on their molecule."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rdkit.Chem import Mol

RAISES: Final = (0.84, 0.37, 0.0)
LOWERS: Final = (0.0, 0.45, 0.70)
"""The colours of contributions, RGB in [0, 1]: of Okabe and Ito's, which colour-blind readers tell apart."""
LEAST: Final = 0.05
"""The share of the largest contribution below which an atom stays white."""
SIZE: Final = (300, 220)


def drawing(molecule: "Mol", values: Sequence[float] = (), most: float = 0.0, size: tuple[int, int] = SIZE) -> str:
    """Return a molecule as SVG, each atom on a disc whose colour tells what it contributes.

    Args:
        molecule: Sanitised, with its atoms in the order of `values`; it may have none.
        values: What each of them contributes; () for a plain drawing.
        most: The size of a contribution that has the full colour; larger ones have it, too. 0 for the largest of these.
        size: Width and height in pixels.

    Returns:
        An element `<svg>` to put into a page, without a prolog.
    """
    from rdkit.Chem.Draw import rdMolDraw2D

    drawer = rdMolDraw2D.MolDraw2DSVG(*size)
    options: Any = drawer.drawOptions()  # the stubs know its methods alone
    options.useBWAtomPalette()
    options.clearBackground = False
    most = most or max(map(abs, values), default=0.0)
    colours = {atom: colour(value, most) for atom, value in enumerate(values) if abs(value) > LEAST * most}
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer, molecule, highlightAtoms=list(colours), highlightAtomColors=colours, highlightBonds=[]
    )
    drawer.FinishDrawing()
    text: str = drawer.GetDrawingText()
    return text[text.index("<svg") :].strip()


def colour(value: float, most: float) -> tuple[float, float, float]:
    """Return the colour of a contribution: white of none, and the fuller the nearer it comes to `most` > 0."""
    share = min(1.0, abs(value) / most)
    red, green, blue = (1 - share * (1 - part) for part in (RAISES if value > 0 else LOWERS))
    return red, green, blue
