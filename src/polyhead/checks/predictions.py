"""Checks of a head's answers: what is exported, what the metrics take, and the way back to the original image."""

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.checks.claims import check, claim, claim_finite, claim_same, name, number
from polyhead.checks.probes import SIZE, HeadFactory, build, length, make_features, make_targets, parts, predictions_of
from polyhead.contracts import Frame

FRAMES = (Frame((100, 140), (SIZE[1] / 140, SIZE[1] / 140), (9, 0)), Frame((80, 40), (0.8, 0.8), (0, 16)))
"""A wide and a tall image, letterboxed into a square input: bars above and below, and at the sides."""


@check
def decode_has_fixed_rank(factory: HeadFactory) -> None:
    """Names, ranks and types of the decoded tensors never change; the first dimension is that of the items, even 0."""
    head = build(factory).eval()
    features = make_features(3)
    with torch.no_grad():
        decoded: dict[int, Any] = {n: head.decode(head(features.take(torch.arange(n)))) for n in (3, 1, 0)}
    who = f"{name(head)}.decode"
    for n, tensors in decoded.items():
        claim(isinstance(tensors, dict) and len(tensors) > 0, f"{who} returned a {name(tensors)}: return named tensors")
        claim(
            set(tensors) == set(decoded[3]),
            f"{who} of {n} items has the names {sorted(tensors)}, of 3 items {sorted(decoded[3])}: an exported model"
            " has one set of outputs, so return every name always",
        )
        for key, tensor in tensors.items():
            claim(isinstance(tensor, Tensor), f"{who}[{key!r}] is a {name(tensor)}: return tensors, pad where needed")
            other = decoded[3][key]
            claim(
                tensor.ndim == other.ndim and tensor.dtype == other.dtype,
                f"{who}[{key!r}] of {n} items is {tensor.dtype} of rank {tensor.ndim}, of 3 items {other.dtype} of rank"
                f" {other.ndim}: keep both fixed (no squeeze())",
            )
            claim(
                tensor.ndim > 0 and len(tensor) == n,
                f"{who}[{key!r}] of {n} items has the shape {tuple(tensor.shape)}: its first dimension is the items",
            )
    claim_finite(decoded, who, "guard divisions and logarithms")


@check
def predictions_fit_metrics(factory: HeadFactory) -> None:
    """The metrics take the predictions and targets, and give 0-d numbers; `main` is among them, finite and at most 1.

    Others are NaN where nothing was seen that they measure, and never infinite.
    """
    head = build(factory).eval()
    metrics = head.metrics()
    for seed in (0, 1):
        metrics.update(predictions_of(head, make_features(3, seed=seed)), make_targets(head, 3, seed=seed))
    values = metrics.compute()
    for key, value in values.items():
        claim(
            isinstance(value, Tensor) and value.ndim == 0,
            f"{name(head)}.metrics: {key} is no 0-d tensor: average it, or give each class a name of its own",
        )
        if key == head.main or not value.isnan():
            claim_finite(value, f"{name(head)}.metrics: {key}", "give what was never seen a number, 0 say")
    main = getattr(type(head), "main", None)
    claim(
        main in values,
        f"{name(head)}.main is {main!r}, which is not among its metrics {sorted(values)}: name the one to watch",
    )
    claim(
        values[str(main)] <= 1, f"{name(head)}.main {main!r} is {number(values[str(main)]):.4g}: it has to be at most 1"
    )


@check
def metrics_are_fresh(factory: HeadFactory) -> None:
    """Two calls of `metrics` share nothing, so that training and validation do not count into one another."""
    head = build(factory).eval()
    used = head.metrics()
    used.update(predictions_of(head, make_features(3)), make_targets(head, 3))
    wanted = used.compute()
    unused = head.metrics()
    shared = {id(metric) for metric in used.values(copy_state=False)} & {
        id(metric) for metric in unused.values(copy_state=False)
    }
    claim(
        used is not unused and not shared,
        f"{name(head)}.metrics returns metrics that it returned before: build a new MetricCollection at every call",
    )
    unused.update(predictions_of(head, make_features(3)), make_targets(head, 3))
    claim_same(
        dict(unused.compute()),
        dict(wanted),
        f"{name(head)}.metrics, fresh, after the same data,",
        "keep no state outside the metrics",
    )


@check
def predictions_are_one_an_item(factory: HeadFactory) -> None:
    """There are as many predictions as items, of no items none."""
    head = build(factory).eval()
    features = make_features(3)
    for n in (3, 1, 0):
        predictions = predictions_of(head, features.take(torch.arange(n)))
        found = length(predictions)
        claim(
            found == n, f"{name(head)}.predict of {n} items returned {found} predictions: return one an item, in order"
        )
        claim_finite(predictions, f"{name(head)}.predict", "guard divisions and logarithms")


@check
def restore_goes_back_to_the_original(factory: HeadFactory) -> None:
    """In the originals' pixels predictions keep their form: maps of the originals' sizes, boxes shifted and scaled.

    Originals differ in size, so a tensor of maps, and only that, comes back as a list of maps.
    """
    head = build(factory).eval()
    predictions = predictions_of(head, make_features(2))
    before = pytree.tree_map_only(Tensor, Tensor.clone, predictions)
    restored = head.restore(predictions, FRAMES)
    who = f"{name(head)}.restore"
    claim_same(predictions, before, f"{who}: what it was given", "return new predictions, change none in place")
    kinds = (Tensor, list) if is_map(predictions) else (type(predictions),)
    claim(
        isinstance(restored, kinds) and length(restored) == 2,
        f"{who} turned a {name(predictions)} of 2 items into a {name(restored)} of {length(restored)}: keep the form",
    )
    for place, frame in enumerate(FRAMES):
        one, other = (item_of(value, place) for value in (predictions, restored))
        _claim_item(who, one, other, frame)
    found = len(head.records(restored))
    claim(found == 2, f"{name(head)}.records made {found} records of 2 restored items: take what restore() returns")


def is_map(value: Any) -> bool:
    """Return whether a value is a tensor in the pixels of the input."""
    return isinstance(value, Tensor) and value.ndim >= 2 and tuple(value.shape[-2:]) == SIZE


def item_of(value: Any, place: int) -> Any:
    """Return what predictions say of one item."""
    if isinstance(value, (Tensor, list)):
        return value[place]
    return {key: item_of(part, place) for key, part in parts(value).items()}


def _claim_item(who: str, one: Any, other: Any, frame: Frame) -> None:
    """Fail where what is said of one item came back in another form or place."""
    before, after = (pytree.tree_flatten_with_path(value) for value in (one, other))
    claim(before[1] == after[1], f"{who} turned the form {before[1]} into {after[1]}: keep every part")
    for (path, old), (_, new) in zip(before[0], after[0], strict=True):
        if isinstance(old, Tensor):
            part = f"{who}{pytree.keystr(path)}"
            claim(
                isinstance(new, Tensor) and new.ndim == old.ndim and new.dtype == old.dtype,
                f"{part} changed its rank or type: keep both",
            )
            if is_map(old):
                _claim_map(part, new, frame)
            if part.endswith("['boxes']") and old.shape == new.shape:
                _claim_boxes(part, old, new, frame)


def _claim_map(who: str, new: Tensor, frame: Frame) -> None:
    """Fail where a map does not have the original's size."""
    claim(
        tuple(new.shape[-2:]) == frame.size,
        f"{who} has {tuple(new.shape[-2:])} pixels for an original of {frame.size}: cut the padding off and resize to"
        " frame.size",
    )


def _claim_boxes(who: str, old: Tensor, new: Tensor, frame: Frame) -> None:
    """Fail where boxes are not those of the input in the original's pixels, clipped to it or not."""
    shift = torch.tensor([frame.pad[1], frame.pad[0]] * 2)
    free = (old - shift) / torch.tensor([frame.scale[1], frame.scale[0]] * 2)
    clipped = torch.minimum(free.clamp(min=0), torch.tensor([frame.size[1], frame.size[0]] * 2))
    claim(
        any(torch.allclose(new, wanted, rtol=1e-3, atol=1e-2) for wanted in (free, clipped)),
        f"{who} are not (boxes - pad) / scale, as xyxy with x first: undo the frame, pad before scale",
    )
