"""Molecules, for tests of what reads them."""

import torch
from rdkit import Chem

from polyhead.backbones.molecules import Molecules
from polyhead.backbones.molecules.backbone import ENCODERS, EncoderName
from polyhead.chemistry.features import featurise
from polyhead.chemistry.graphs import Graphs, collate

SMILES = ["CC(=O)Nc1ccccc1O", "", "O", "[Na+].[Cl-]", "C[C@H](N)C(=O)O", "C1CC1CC#N", "F/C=C/Cl"]
NAMES: tuple[EncoderName, ...] = tuple(ENCODERS)


def batch_of(*smiles: str) -> Graphs:
    """Return molecules as a batch."""
    return collate([featurise(Chem.MolFromSmiles(one)) for one in smiles])


def small(encoder: EncoderName = "dmpnn", **options: object) -> Molecules:
    """Return a small backbone, always with the same weights, ready to answer."""
    torch.manual_seed(0)
    return Molecules(**{"encoder": encoder, "width": 16, "depth": 3, **options}).eval()  # type: ignore[arg-type]  # of each test's own
