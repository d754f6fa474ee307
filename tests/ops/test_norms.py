"""GroupNorm, as bodies and heads have it."""

import pytest
import torch

from polyhead.ops.norms import group_norm


@pytest.mark.parametrize(("channels", "count", "groups"), [(32, 1, 2), (24, 1, 1), (50, 1, 1), (8, 3, 3), (16, 2, 2)])
def test_groups_hold_16_channels_or_all_where_16_does_not_divide_them(channels: int, count: int, groups: int) -> None:
    norm = group_norm(channels, count)
    assert (norm.num_groups, norm.num_channels) == (groups, channels * count)


def test_an_image_is_normalised_alike_among_others_and_none_is_no_error() -> None:
    norm, images = group_norm(8, 2), torch.randn(3, 16, 4, 4)
    torch.testing.assert_close(norm(images)[1:2], norm(images[1:2]))
    assert norm(images[:0]).shape == (0, 16, 4, 4)
