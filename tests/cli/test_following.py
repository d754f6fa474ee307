"""Options that take several values."""

import pytest

from polyhead.cli.following import spread

OPTIONS = {"--seeds": str.isdecimal, "--save": lambda word: "=" in word}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("multitask --seeds 0 1 2", "multitask --seeds 0 --seeds 1 --seeds 2"),
        ("--seeds 0 1 multitask a=1", "--seeds 0 --seeds 1 multitask a=1"),
        ("multitask --seeds 0 1 a=1 --run x", "multitask --seeds 0 --seeds 1 a=1 --run x"),
        ("multitask --seeds 0 --seeds 1", "multitask --seeds 0 --seeds 1"),
        ("run --save a=1 b=2 --out c", "run --save a=1 --save b=2 --out c"),
        ("run --save a --out c", "run --save a --out c"),
        ("run --seeds --out c", "run --seeds --out c"),
        ("run --seeds", "run --seeds"),
        ("run 1 2", "run 1 2"),
        ("", ""),
    ],
)
def test_values_that_follow_an_option_are_its_own(given: str, meant: str) -> None:
    assert spread(given.split(), OPTIONS) == meant.split()
