"""Checks of heads whose answers about windows of a large image can be joined."""

import torch

from polyhead.checks.claims import check, claim, name
from polyhead.checks.probes import SIZE, HeadFactory, build, make_features
from polyhead.windows import Window


@check
def one_window_gives_the_answer_of_the_whole(factory: HeadFactory) -> None:
    """A head that stitches answers about an image in one window as it does without windows, and each time anew."""
    head = build(factory).eval()
    for seed in (0, 1):
        stitch = head.stitch(SIZE)
        if stitch is None:
            return
        with torch.no_grad():
            outputs = head(make_features(1, seed=seed))
            stitch.add(outputs, Window((0, 0), SIZE, SIZE))
            found, wanted = (head.records(one, 0.0) for one in (stitch.predictions(), head.predict(outputs)))
        claim(
            found == wanted,
            f"{name(head)}.stitch: of one window that is the image it made {found!r:.80}, and predict {wanted!r:.80}:"
            " they are one, so build a new Stitch at every call, and join only what windows share",
        )
