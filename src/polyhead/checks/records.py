"""Checks of what leaves the process: records that JSON holds, and pictures."""

import json
from typing import Any

import torch

from polyhead.checks.claims import CheckError, check, claim, name
from polyhead.checks.probes import SIZE, AnyHead, HeadFactory, build, make_features, make_targets, predictions_of
from polyhead.contracts import Record


@check
def records_are_plain_data(factory: HeadFactory) -> None:
    """One dict an item, of what JSON holds (no tensors, no tuples, no NaN), at any score, of no items too."""
    head = build(factory).eval()
    for n in (2, 0):
        predictions = predictions_of(head, make_features(2).take(torch.arange(n)))
        for score in (None, 0.0, 1.0):
            records: Any = head.records(predictions, score)
            claim(
                isinstance(records, list) and len(records) == n,
                f"{name(head)}.records of {n} items returned {records!r:.80}: return a list, one dict an item",
            )
            for record in records:
                _claim_plain(head, record)


def _claim_plain(head: AnyHead, record: Record) -> None:
    """Fail where a record does not come out of JSON as it went in."""
    who = f"{name(head)}.records"
    claim(isinstance(record, dict), f"{who} holds a {name(record)}: a record is a dict")
    for key, value in record.items():
        claim(isinstance(key, str), f"{who} has the key {key!r}: keys are strings")
        try:
            back = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise CheckError(f"{who}: {key!r} is not for JSON ({error}): use float(), tolist(), None") from error
        claim(
            back == value, f"{who}: {key!r} comes out of JSON as another value: use lists, not tuples, and string keys"
        )


@check
def drawing_keeps_size_and_dtype(factory: HeadFactory) -> None:
    """A picture is uint8, of the image's size, and a new tensor; targets that records take are drawn too."""
    head = build(factory).eval()
    records = head.records(predictions_of(head, make_features(2)), 0.0)
    image = torch.randint(0, 256, (3, *SIZE), dtype=torch.uint8)
    for record in [*records, *_target_records(head)]:
        before = image.clone()
        drawn = head.draw(image, record)
        claim(torch.equal(image, before), f"{name(head)}.draw painted on the image that it was given: draw on a clone")
        claim(
            drawn.shape == image.shape and drawn.dtype == image.dtype,
            f"{name(head)}.draw returned {drawn.dtype} of the shape {tuple(drawn.shape)} for a uint8 image of"
            f" {tuple(image.shape)}: keep both",
        )


def _target_records(head: AnyHead) -> list[Record]:
    """Return the records of example targets, which pictures show beside the predictions."""
    targets: Any = make_targets(head, 2)
    return head.records(targets)
