"""Checks of what a head keeps: its state travels, and neither mode nor deployment changes its answer."""

from io import BytesIO
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.checks.claims import CheckError, check, claim, claim_finite, claim_same, name
from polyhead.checks.probes import (
    POOLED_SPEC,
    AnyHead,
    HeadFactory,
    build,
    losses_of,
    make_features,
    make_molecules,
    make_targets,
    mean_of,
)

THRESHOLD = 0.375


def trained(factory: HeadFactory) -> AnyHead:
    """Return a head that saw its targets and took a few large steps, so that nothing in it is as it was built."""
    head = build(factory, seed=1)
    for takes in (head.adapt, head.weigh):
        takes([make_targets(head, 4, seed=place) for place in range(2)])
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-3)
    for seed in (0, 1):
        optimizer.zero_grad()
        torch.autograd.backward(mean_of(losses_of(head, make_features(3, seed=seed), make_targets(head, 3, seed=seed))))
        optimizer.step()
    for parameter in head.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    return head


@check
def state_round_trips(factory: HeadFactory) -> None:
    """The state dict, saved and loaded with weights_only=True, makes a new head answer the same, threshold included."""
    head = trained(factory).eval()
    head.threshold = THRESHOLD
    file = BytesIO()
    torch.save(head.state_dict(), file)
    file.seek(0)
    other = build(factory, seed=2).eval()
    other.load_state_dict(torch.load(file, weights_only=True))
    claim(
        other.threshold == THRESHOLD,
        f"{name(head)}: the threshold {THRESHOLD} came back as {other.threshold}: where get_extra_state is your own,"
        " keep the threshold in it",
    )
    features = make_features(2)
    with torch.no_grad():
        claim_same(
            other.decode(other(features)),
            head.decode(head(features)),
            f"{name(head)}.decode after its state was loaded into a new head",
            "keep all that training or adapt() sets in parameters or registered buffers",
        )


@check
def forward_ignores_mode(factory: HeadFactory) -> None:
    """`forward` returns one type and the same shapes in train() and in eval()."""
    head = build(factory)
    features = make_features(2)
    training = _form(head.train()(features))
    evaluation = _form(head.eval()(features))
    claim(
        training == evaluation,
        f"{name(head)}.forward returns {training} in train() and {evaluation} in eval(): return one type always, and"
        " leave what only inference needs to decode()",
    )


def _form(outputs: Any) -> str:
    """Return the nesting, shapes and dtypes of the tensors in `outputs`, as text."""
    leaves, nesting = pytree.tree_flatten(outputs)
    shapes = [(tuple(leaf.shape), leaf.dtype) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
    return f"{nesting} of {shapes}"


@check
def deploy_gives_the_same_decode(factory: HeadFactory) -> None:
    """The deployed copy is in eval mode, answers as the head does, and leaves the head as it was."""
    head = trained(factory).eval()
    features = make_features(2)
    with torch.no_grad():
        wanted = head.decode(head(features))
        head.train()
        deployed = head.deploy()
        claim(
            deployed is not head and head.training and not set(head.parameters()) & set(deployed.parameters()),
            f"{name(head)}.deploy changed or returned the head itself: work on a deepcopy()",
        )
        claim(not deployed.training, f"{name(head)}.deploy returned a head in train mode: call eval() on the copy")
        claim_same(
            deployed.decode(deployed(features)),
            wanted,
            f"{name(head)}.decode after deploy()",
            "drop or fold only what leaves the answer as it is",
            tolerance=1e-3,
        )
        claim_same(
            head.eval().decode(head(features)), wanted, f"{name(head)}.decode, deployed from,", "work on a deepcopy()"
        )


@check
def spec_without_grids_is_refused_or_read(factory: HeadFactory) -> None:
    """Of features without grids (molecules) a head reads the pooled vector, or it raises ValueError when built."""
    try:
        head = build(factory, POOLED_SPEC)
    except ValueError as error:
        claim(bool(str(error)), "a head that refuses a spec without strides has to say so: raise ValueError('...')")
        return
    features = make_molecules(3)
    try:
        losses = losses_of(head, features, make_targets(head, 3))
        torch.autograd.backward(mean_of(losses))
        decoded = head.eval().decode(head(features))
    except Exception as error:
        raise CheckError(
            f"{name(head)} was built for a spec without strides, and then failed on such features with {error!r}: read"
            " `pooled` only, or call polyhead.contracts.grid_strides() in the constructor, which refuses"
        ) from error
    claim_finite(decoded, f"{name(head)}.decode of molecules", "read `pooled`")
    for key, tensor in decoded.items():
        claim(len(tensor) == 3, f"{name(head)}.decode[{key!r}] of 3 molecules has {len(tensor)} rows: read `pooled`")
