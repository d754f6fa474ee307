"""PyG's layers, imported when one is built: `import torch_geometric` takes seconds, whichever layer is asked for."""

import warnings
from importlib import import_module
from typing import Any, Final

from torch import nn

from polyhead.backbones.molecules.encoder import Plan

HEADS: Final = 4
"""Of attention; each looks at a quarter of the numbers."""


def pyg(module: str = "nn") -> Any:
    """Return a module of PyG, whose import warns of what torch will no longer have, to no use of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(f"torch_geometric.{module}")


def gine_layer(plan: Plan) -> nn.Module:
    """Return U((1 + eps) h_v + sum over neighbours w of relu(h_w + e_vw)), U being two layers."""
    update = nn.Sequential(nn.Linear(plan.width, plan.width), nn.ReLU(), nn.Linear(plan.width, plan.width))
    layer: nn.Module = pyg().GINEConv(update, train_eps=True)
    return layer


def gatv2_layer(plan: Plan) -> nn.Module:
    """Return attention over an atom's neighbours and itself, which looks at both atoms and the bond."""
    each = by_heads(plan.width)
    layer: nn.Module = pyg().GATv2Conv(plan.width, each, heads=HEADS, edge_dim=plan.width, dropout=plan.dropout)
    return layer


def by_heads(width: int) -> int:
    """Return the share of each head.

    Raises:
        ValueError: If `width` cannot be shared.
    """
    if width % HEADS:
        raise ValueError(f"width={width} cannot be shared by {HEADS} heads of attention: take a multiple of {HEADS}")
    return width // HEADS
