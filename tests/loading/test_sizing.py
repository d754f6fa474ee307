"""The sizes of training batches along a run."""

import pytest

from polyhead.loading.sizing import sizing, smaller, varied


@pytest.mark.parametrize(
    ("size", "share", "expected"),
    [
        ((320, 320), 0.25, [256, 288, 320, 352, 384]),
        ((64, 64), 0.5, [32, 64, 96]),
        ((300, 300), 0.1, [288, 320]),
        ((320, 320), 0.0, []),
    ],
)
def test_varied_sizes_are_the_multiples_of_32_within_the_share(
    size: tuple[int, int], share: float, expected: list[int]
) -> None:
    assert varied(size, share) == tuple((side, side) for side in expected)


def test_the_shorter_side_goes_along_with_the_longer_one() -> None:
    assert varied((96, 256), 0.25) == ((64, 192), (96, 224), (96, 256), (96, 288), (128, 320))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 128), [(64, 64), (96, 96)]),
        ((256, 128), [(128, 64), (160, 64), (192, 96), (224, 128)]),  # 80 and 112 are amid two: the even multiple of 32
        ((100, 100), [(64, 64), (96, 96)]),
        ((65, 40), [(64, 32)]),
        ((64, 64), []),
        ((28, 28), []),
    ],
)
def test_growing_sizes_are_the_multiples_of_32_from_half_of_a_size_up_to_below_it(
    size: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    assert list(smaller(size)) == expected


def test_batches_grow_then_vary_and_end_in_the_size_of_the_data() -> None:
    plan = sizing((128, 128), grow=0.4, multi_scale=0.5, plain_end=0.1)
    along = [plan.size_at(done / 100, 0, 0, done) for done in range(100)]
    assert along[:20] == [(64, 64)] * 20
    assert along[20:40] == [(96, 96)] * 20
    assert set(along[40:90]) == {(side, side) for side in (64, 96, 128, 160, 192)}
    assert along[90:] == [None] * 10


def test_what_grows_may_grow_until_the_end_begins() -> None:
    assert sizing((128, 128), grow=0.1, multi_scale=0.0, plain_end=0.9).grow == 0.1  # 1 - 0.9 is a little less
