"""A molecule as a graph and as a picture, for the same heads."""

import torch
from torch import nn

from polyhead.chemistry.graphs import Graphs
from polyhead.contracts import Backbone, Features, FeatureSpec


class Depicted(Backbone):
    """Two bodies that look at the same molecules: one of images at their depictions, one of molecules at their graphs.

    A chemist reads a structural formula, and a convolution can, too: rings and chains are shapes. What the two bodies
    see is laid side by side in the `pooled` vector; the local features are those of the atoms. Without a graph the
    image backbone is alone, and all atoms of a molecule have its vector.

    Args:
        picture: The backbone of the depictions, which the data draw (`data.pictures`, their side in pixels).
        graph: The backbone of the molecules; None: the pictures alone.

    Raises:
        ValueError: If one of the two is of the other's kind.
    """

    def __init__(self, picture: Backbone, *, graph: Backbone | None = None) -> None:
        super().__init__()
        if not picture.spec.strides or (graph is not None and graph.spec.strides):
            raise ValueError(
                "picture takes a backbone of images, and graph one of molecules, such as {name: molecules}"
            )
        self.picture = picture
        self.graph = graph
        width = picture.spec.width
        atoms = graph.spec if graph else FeatureSpec((width,), (), 0)
        self.spec = FeatureSpec(atoms.channels, (), atoms.width + width)

    def forward(self, inputs: Graphs) -> Features:
        """Return the features of molecules that are depicted.

        Raises:
            ValueError: If they are not; data.pictures is 0.
        """
        if not inputs.pictures.shape[-1]:
            raise ValueError("the backbone `depicted` looks at pictures of molecules; set data.pictures, such as 64")
        seen: Features = self.picture(inputs.pictures.float() / 255)
        if self.graph is None:
            return Features((seen.pooled.index_select(0, inputs.item),), seen.pooled, None, inputs.item)
        known: Features = self.graph(inputs)
        return known._replace(pooled=torch.cat([known.pooled, seen.pooled.to(known.pooled.dtype)], 1))

    def pretrained_part(self) -> nn.Module | None:
        """Return the picture's; bodies of molecules start at random."""
        return self.picture.pretrained_part()
