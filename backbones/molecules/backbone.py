"""Molecules -> Features, by one of several encoders."""

from collections.abc import Callable, Sequence
from typing import Final, Literal

import torch
from torch import nn

from polyhead.backbones.molecules.attentivefp import AttentiveFP
from polyhead.backbones.molecules.dmpnn import DMPNN
from polyhead.backbones.molecules.encoder import Encoder, Norm, Plan
from polyhead.backbones.molecules.gcn import GCNLayer
from polyhead.backbones.molecules.gps import GPS
from polyhead.backbones.molecules.norms import Standardised
from polyhead.backbones.molecules.pooling import Pooling, pooling_of
from polyhead.backbones.molecules.pyg import gatv2_layer, gine_layer
from polyhead.backbones.molecules.stack import Stack
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.features import ATOM, BOND
from polyhead.chemistry.graphs import Graphs
from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.errors import UserError, unknown

EncoderName = Literal["gcn", "gine", "gatv2", "dmpnn", "attentivefp", "gps"]
ENCODERS: dict[EncoderName, Callable[[Plan], Encoder]] = {
    "gcn": lambda plan: Stack(plan, GCNLayer, sees_bonds=False),
    "gine": lambda plan: Stack(plan, gine_layer),
    "gatv2": lambda plan: Stack(plan, gatv2_layer),
    "dmpnn": DMPNN,
    "attentivefp": AttentiveFP,
    "gps": GPS,
}
COLUMNS: Final = (*(f"atom.{name}" for name in ATOM), *(f"bond.{name}" for name in BOND))


class Molecules(Backbone):
    """Graph convolutions: atoms hear from their neighbours along the bonds, and a molecule is what its atoms make.

    **Convolution of a graph.** The 3 x 3 kernel of an image is a small bank of weights that looks at a pixel and its
    eight neighbours, the same at every place. A molecule has no rows and columns, but each atom has neighbours. So one
    step of *message passing* gives each atom v a new vector from its own and its neighbours', with the same weights
    at every atom:

        m_v = sum over neighbours w of  M(h_v, h_w, e_vw)        the messages, e_vw being what is known of the bond
        h_v <- U(h_v, m_v)

    A kernel has a weight for "left of" and another for "above"; a graph has no such words, therefore all neighbours
    share one function, and what they say is added up. The sum does not depend on their order: number the atoms
    otherwise and the same vectors come out, numbered otherwise (equivariance under permutation, as an image's features
    shift with the image).

    **Receptive field.** After `depth` steps an atom knows all that is at most `depth` bonds away, as the pixel behind
    a stack of convolutions knows a growing square. Three steps see the surroundings that chemists call a functional
    group. Very many steps make all atoms alike (over-smoothing); *residual* connections, h <- h + U(...), help.

    **Pooling.** `mean` or `sum` over the atoms of a molecule gives one vector, whatever their number (invariance under
    permutation). The sum counts: twice the molecule, twice the vector (it is a twentieth of the plain sum, so that it
    is of the mean's size). With `attention` the molecule asks its atoms twice, and listens to some more than to others.

    **Encoders** differ in M and U; docs/molecule-encoders.md says what each takes:

    - `gcn`: the mean of the neighbours, roughly, through one matrix; it does not see bonds.
    - `gine`: the sum of the neighbours, bonds added, through a small network: as sharp as the Weisfeiler-Lehman test.
    - `gatv2`: a weighted mean, whose weights (attention) depend on both atoms and the bond.
    - `dmpnn`: messages live on directed bonds, and what an atom said never comes straight back to it.
    - `attentivefp`: attention, and a gate (GRU) that decides what an atom keeps of what it heard.
    - `gps`: `gine`, beside attention between all atoms of a molecule, however far apart.

    Features have one level, (atoms, width); `pooled` is (B, width + descriptors). A molecule without atoms is all
    zeros where pooling is a mean or a sum.

    Args:
        encoder: How atoms hear from each other.
        width: Numbers of each atom's vector, and of the pooled one.
        depth: Steps of message passing, >= 1.
        dropout: Share of an atom's new numbers that are dropped in training, in [0, 1).
        pooling: How atoms make a molecule.
        virtual_node: Adds to each molecule an atom that is bound to all others, so that any two are two steps apart.
        norm: Normalisation after each step: over the batch, over the numbers of each atom, or none.
        descriptors: How many descriptors come with each molecule (see `data.descriptors`); they are standardised by
            running means and deviations, and appended to the pooled vector.
        ignore: What atoms and bonds are not told of themselves: columns of `features.ATOM` as `atom.ring`, of
            `features.BOND` as `bond.stereo`.

    Raises:
        ValueError: If `width` or `depth` is below 1, or `width` no multiple of 4 where attention has 4 heads.
        UserError: If `ignore` has a name that is no column's, or all columns of atoms or of bonds; by `forward`, if
            molecules come with another number of descriptors.

    References:
        Message passing: Gilmer et al., arXiv 1704.01212, which has the virtual node, too. GCN: Kipf and Welling, arXiv
        1609.02907. GIN and the Weisfeiler-Lehman test: Xu et al., arXiv 1810.00826; GINE: Hu et al., arXiv 1905.12265.
        GATv2: Brody et al., arXiv 2105.14491. D-MPNN: Yang et al., arXiv 1904.01561. AttentiveFP: Xiong et al.,
        10.1021/acs.jmedchem.9b00959. GPS: Rampasek et al., arXiv 2205.12454.
    """

    def __init__(
        self,
        *,
        encoder: EncoderName = "dmpnn",
        width: int = 300,
        depth: int = 3,
        dropout: float = 0.0,
        pooling: Pooling = "mean",
        virtual_node: bool = False,
        norm: Norm = "none",
        descriptors: int = 0,
        ignore: Sequence[str] = (),
    ) -> None:
        super().__init__()
        for column in ignore:
            if column not in COLUMNS:
                raise unknown("column of task.backbone.ignore", column, COLUMNS)
        for kind in ("atom", "bond"):
            if all(column in ignore for column in COLUMNS if column.startswith(kind)):
                raise UserError(f"task.backbone.ignore leaves nothing of {kind}s: take one of their columns out")
        if width < 1 or depth < 1 or descriptors < 0:
            raise ValueError(f"width={width}, depth={depth}, descriptors={descriptors}: take 1, 1 and 0 or more")
        self.encoder = ENCODERS[encoder](Plan(width, depth, dropout, norm, virtual_node, tuple(ignore)))
        self.pooling = pooling_of(pooling, width)
        self.descriptors = descriptors
        self.standardised: nn.Module | None = Standardised(descriptors) if descriptors else None
        self.spec = FeatureSpec((width,), (), width + descriptors)

    def forward(self, inputs: Graphs) -> Features:
        """Return the features of a batch of molecules."""
        if inputs.extras.shape[1] != self.descriptors:
            raise UserError(
                f"task.backbone.descriptors is {self.descriptors}, and molecules come with {inputs.extras.shape[1]}:"
                f" set descriptors={inputs.extras.shape[1]}, or change data.descriptors"
            )
        atoms = self.encoder(inputs)
        pooled = self.pooling(atoms, inputs.item, len(inputs))
        if self.standardised is not None:
            pooled = torch.cat([pooled, self.standardised(inputs.extras).to(pooled.dtype)], 1)
        return Features((atoms,), pooled, None, inputs.item)

    def embeddings(self) -> Embeddings:
        """Return what turns categories into vectors, from where attributions start."""
        return self.encoder.embeddings()
