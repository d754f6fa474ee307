"""Checks of backbones: the features are what the spec says, of any image or molecule, alone or among others."""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import torch
from torch import Tensor

from polyhead.checks.claims import check, claim, claim_finite, claim_same, name
from polyhead.checks.inputs import (
    Inputs,
    every_form,
    leaves,
    make_inputs,
    make_molecules,
    reads_images,
    renumbered,
    take,
    wanted_shapes,
)
from polyhead.checks.options import claim_one_argument, claim_options
from polyhead.contracts import Backbone, Features, FeatureSpec

BackboneFactory = Callable[[], Backbone]

ROUNDS = 3


def build(factory: BackboneFactory, seed: int = 0) -> Backbone:
    """Return a new backbone in train mode, its weights drawn from `seed`."""
    torch.manual_seed(seed)
    backbone = factory()
    claim(isinstance(backbone, Backbone), f"the factory returned a {name(backbone)}, no polyhead.contracts.Backbone")
    return backbone.train()


def tensors_of(features: Features) -> list[Tensor]:
    """Return the levels, finest first, and the pooled vectors."""
    return [*features.levels, features.pooled]


def answer(backbone: Backbone, inputs: Inputs) -> list[Tensor]:
    """Return levels and pooled vectors in eval mode, without a gradient."""
    with torch.no_grad():
        return tensors_of(backbone.eval()(inputs))


def projected(features: Features, seed: int = 0) -> Tensor:
    """Return one number that depends on every feature, as a loss would."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack(
        [(part.float() * torch.randn(part.shape, generator=generator)).mean() for part in tensors_of(features)]
    ).sum()


@check
def spec_is_the_real_one(factory: BackboneFactory) -> None:
    """Channels, strides and width of the features are those of `spec`, for images of any size, or any molecule."""
    backbone = build(factory)
    spec, who = backbone.spec, name(backbone)
    claim(isinstance(spec, FeatureSpec), f"{who}.spec is a {name(spec)}: set a FeatureSpec in the constructor")
    for when, inputs in every_form(backbone).items():
        *levels, pooled = answer(backbone, inputs)
        strides = len(spec.strides) if reads_images(spec) else 1
        claim(
            len(levels) == len(spec.channels) == strides,
            f"{who} made {len(levels)} levels {when}, and its spec has {len(spec.channels)} channels and"
            f" {len(spec.strides)} strides: one of each a level, and a single level, without strides, of molecules",
        )
        for place, (level, wanted) in enumerate(zip(levels, wanted_shapes(spec, inputs), strict=True)):
            claim(
                tuple(level.shape) == wanted,
                f"{who}: level {place} {when} has the shape {tuple(level.shape)}, by its spec {wanted}: measure the"
                " channels and strides, and pad so that sides are ceil(side / stride)",
            )
        claim(
            tuple(pooled.shape) == (len(inputs), spec.width),
            f"{who}: pooled {when} has the shape {tuple(pooled.shape)}, by its spec {(len(inputs), spec.width)}",
        )
        claim_finite([*levels, pooled], f"{who}: a feature {when}", "see to divisions and to the scale of the inputs")


@check
def finest_level_comes_first(factory: BackboneFactory) -> None:
    """Strides grow from level to level."""
    backbone = build(factory)
    strides = backbone.spec.strides
    claim(
        all(fine < coarse for fine, coarse in pairwise(strides)),
        f"{name(backbone)}.spec.strides are {strides}: order the levels from the finest to the coarsest",
    )


@check
def features_carry_the_size(factory: BackboneFactory) -> None:
    """Features hold H, W of images, from which heads know the size of their maps, or the molecule of each atom."""
    backbone = build(factory).eval()
    *_, (when, inputs) = every_form(backbone).items()
    features = backbone(inputs)
    claim(isinstance(features, Features), f"{name(backbone)} returned a {name(features)}: return polyhead Features")
    said = f"{name(backbone)} returned features of size={features.size}, item={features.item} {when}:"
    if isinstance(inputs, Tensor):
        size = tuple(inputs.shape[2:])
        claim(features.size == size and features.item is None, f"{said} pass size=(H, W) of the inputs and item=None")
        return
    same = features.item is not None and torch.equal(features.item, inputs.item)
    claim(features.size is None and same, f"{said} pass size=None and item=inputs.item")


@check
def inputs_stay_unchanged(factory: BackboneFactory) -> None:
    """The inputs that went in are as they were, since others see them too."""
    backbone = build(factory)
    inputs = make_inputs(backbone, 2)
    before = [part.clone() for part in leaves(inputs)]
    backbone(inputs)
    same = all(torch.equal(part, was) for part, was in zip(leaves(inputs), before, strict=True))
    claim(same, f"{name(backbone)} changed its inputs in place: normalise into a new tensor")


@check
def items_of_a_batch_are_independent(factory: BackboneFactory) -> None:
    """In eval mode an image or a molecule has the same features alone as among others."""
    backbone = build(factory).eval()
    inputs = make_inputs(backbone, 3)
    with torch.no_grad():
        together = backbone(inputs)
    for place in range(3):
        claim_same(
            answer(backbone, take(inputs, place)),
            tensors_of(together.take(torch.tensor([place]))),
            f"{name(backbone)}: the features of an item alone",
            "compute nothing across the items of a batch",
            tolerance=1e-3,
        )


@check
def atoms_may_be_numbered_otherwise(factory: BackboneFactory) -> None:
    """Features of molecules do not depend on the order of atoms and bonds; images have no such order."""
    backbone = build(factory)
    if reads_images(backbone.spec):
        return
    graphs = make_molecules(4)
    other, order = renumbered(graphs)
    level, pooled = answer(backbone, graphs)
    claim_same(
        answer(backbone, other),
        [level[order], pooled],
        f"{name(backbone)}: the features of molecules whose atoms are numbered otherwise",
        "add up or average what comes from neighbours and atoms",
        tolerance=1e-3,
    )


@check
def mode_keeps_the_form(factory: BackboneFactory) -> None:
    """Features have the same shapes in train() and in eval()."""
    backbone = build(factory)
    inputs = make_inputs(backbone, 2)
    training = [tuple(part.shape) for part in tensors_of(backbone(inputs))]
    evaluation = [tuple(part.shape) for part in answer(backbone, inputs)]
    claim(
        training == evaluation,
        f"{name(backbone)} makes features of {training} in train() and of {evaluation} in eval(): make one form always",
    )


@check
def one_item_trains(factory: BackboneFactory) -> None:
    """One image or molecule gives finite features and gradients in train mode."""
    backbone = build(factory)
    features = backbone(make_inputs(backbone, 1))
    claim_finite(tensors_of(features), f"{name(backbone)}: a feature of one item", "guard each variance")
    torch.autograd.backward(projected(features))
    gradients = [parameter.grad for parameter in backbone.parameters() if parameter.grad is not None]
    claim_finite(gradients, f"{name(backbone)}: a gradient from one item", "guard each variance")


@check
def every_weight_learns(factory: BackboneFactory) -> None:
    """Each parameter gets a gradient, within a few steps one that is not all zero."""
    backbone = build(factory)
    optimizer = torch.optim.Adam(backbone.parameters(), lr=1e-2)
    asleep = {key for key, parameter in backbone.named_parameters() if parameter.requires_grad}
    for turn in range(ROUNDS):  # several, since what lies below a layer that starts as zeros wakes one step later
        optimizer.zero_grad()
        torch.autograd.backward(projected(backbone(make_inputs(backbone, 3, turn)), seed=turn))
        for key, parameter in backbone.named_parameters():
            if parameter.grad is not None and parameter.grad.any():
                asleep.discard(key)
        optimizer.step()
    claim(
        not asleep,
        f"{name(backbone)}: no feature depends on the parameters {sorted(asleep)}: leave them out, or set"
        " requires_grad=False where they are frozen; DistributedDataParallel waits forever for those that stay",
    )


@check
def state_travels(factory: BackboneFactory) -> None:
    """The state dict, saved and loaded with weights_only=True, makes a new backbone give the same features."""
    backbone = build(factory, seed=1)
    inputs = make_inputs(backbone, 2)
    backbone(inputs)  # in train mode, so that statistics move too
    file = BytesIO()
    torch.save(backbone.state_dict(), file)
    file.seek(0)
    other = build(factory, seed=2)
    other.load_state_dict(torch.load(file, weights_only=True))
    claim_same(
        answer(other, inputs),
        answer(backbone, inputs),
        f"{name(backbone)}: the features after its state was loaded into a new one",
        "keep all that training sets in parameters or registered buffers",
    )


@check
def bf16_autocast_keeps_the_features(factory: BackboneFactory) -> None:
    """Under bfloat16 autocast the features are finite, and near those in float32."""
    backbone = build(factory)
    inputs = make_inputs(backbone, 2)
    plain = answer(backbone, inputs)
    with torch.autocast("cpu", torch.bfloat16):
        half = answer(backbone, inputs)
    claim_finite(half, f"{name(backbone)}: a feature under bfloat16 autocast", "guard what overflows with .float()")
    for place, (one, other) in enumerate(zip(half, plain, strict=True)):
        error = float((one.float() - other).norm() / other.norm().clamp(min=1e-6))
        which = f"level {place}" if place < len(plain) - 1 else "pooled"
        claim(
            error < 0.2,
            f"{name(backbone)}: under bfloat16 autocast {which} is {error:.0%} away from float32: compute statistics"
            " and coordinates in float32",
        )


@check
def backbone_takes_inputs_only(factory: BackboneFactory) -> None:
    """`forward` takes the inputs and nothing else: backbones never see targets."""
    claim_one_argument(type(build(factory)), "the inputs")


@check
def backbone_options_are_recipe_able(factory: BackboneFactory) -> None:
    """Each option of the constructor is named, has a type known at run time, and comes from JSON or is a backbone."""
    claim_options(type(build(factory)))
