"""Checks of a head under bfloat16 autocast, in which most GPUs train: losses, gradients and answers."""

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.checks.claims import check, claim, claim_finite, name, number
from polyhead.checks.probes import HeadFactory, build, losses_of, make_features, make_targets, mean_of, steady
from polyhead.contracts import Features


def rounded_features() -> Features:
    """Return features in bfloat16, as a backbone hands them on under autocast."""
    return pytree.tree_map_only(Tensor, lambda part: part.detach().bfloat16(), make_features(3))  # type: ignore[no-any-return]  # it keeps the form


def in_float32(features: Features) -> Features:
    """Return the same numbers in float32."""
    return pytree.tree_map_only(Tensor, Tensor.float, features)  # type: ignore[no-any-return]  # it keeps the form


@check
def bf16_autocast_agrees(factory: HeadFactory) -> None:
    """Under bfloat16 autocast the losses and gradients are finite, and near those in float32."""
    head = steady(build(factory))
    targets = make_targets(head, 3)
    rounded = rounded_features()
    plain = mean_of(losses_of(head, in_float32(rounded), targets))
    with torch.autocast("cpu", torch.bfloat16):
        losses = losses_of(head, rounded, targets)
    half = mean_of(losses)
    claim_finite(half, f"{name(head)}.loss under bfloat16 autocast", "compute losses in float32: logits.float()")
    torch.autograd.backward(half)
    for key, parameter in head.named_parameters():
        if parameter.grad is not None:
            claim_finite(parameter.grad, f"{name(head)}: the gradient of {key} under bfloat16", "use logits.float()")
    claim(
        abs(half - plain) <= 0.2 * abs(plain) + 0.05,
        f"{name(head)}.loss is {number(half):.4g} under bfloat16 autocast and {number(plain):.4g} in float32: compute"
        " losses in float32 (logits.float()), and no sums or coordinates in half precision",
    )


@check
def bf16_answers_fit_metrics(factory: HeadFactory) -> None:
    """Under bfloat16 autocast answers have the dtypes of float32 ones, and the metrics take them.

    Metrics but `main` are NaN where nothing was seen that they measure, and never infinite.
    """
    head = build(factory).eval()
    metrics = head.metrics()
    with torch.no_grad():
        wanted = head.decode(head(in_float32(rounded_features())))
        with torch.autocast("cpu", torch.bfloat16):
            outputs = head(rounded_features())
            decoded, predictions = head.decode(outputs), head.predict(outputs)
            metrics.update(predictions, make_targets(head, 3))
    for key, tensor in decoded.items():
        claim(
            tensor.dtype == wanted[key].dtype,
            f"{name(head)}.decode[{key!r}] is {tensor.dtype} under bfloat16 autocast, else {wanted[key].dtype}: decode"
            " from outputs.float(), as scores in half precision tie and NumPy has no bfloat16",
        )
    claim_finite(decoded, f"{name(head)}.decode under bfloat16 autocast", "decode from outputs.float()")
    values = metrics.compute()
    measured = {key: value for key, value in values.items() if key == head.main or not value.isnan().all()}
    claim_finite(measured, f"{name(head)}.metrics under bfloat16 autocast", "predict from outputs.float()")
