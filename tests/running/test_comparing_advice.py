"""What is advised, of numbers made by hand."""

import pytest

from polyhead.running.comparing_advice import Expense, Scores, advice

COSTS = {
    "alone-label": Expense(100, 1000, 10.0, [30.0, 50.0], [16.0, 16.0]),
    "alone-boxes": Expense(100, 1000, 40.0, [120.0, 120.0], [8.0, 8.0]),
    "together": Expense(120, 1200, 23.0, [60.0, 68.0], [12.0, 12.0]),
    "frozen": Expense(120, 1200, 23.0, [20.0, 20.0], [40.0, 40.0]),
}
COST = "Together costs 0.46 of the 2 alone in a forward and 0.40 in training"
LABEL = Scores("accuracy", [0.90, 0.90], [0.90, 0.89], [0.89, 0.90])
FROZEN = "On the joint run's backbone, frozen,"


def boxes(together: list[float], alone: list[float] | None = None, frozen: float = 0.4) -> Scores:
    """Return what boxes reached."""
    return Scores("map", alone or [0.80, 0.80], together, [frozen, frozen])


def test_heads_that_lose_nothing_are_trained_together() -> None:
    said = advice({"label": LABEL, "boxes": boxes([0.79, 0.80])}, COSTS)
    assert said[0] == f"{COST}, and every head keeps 98 % or more of its metric: train them together."
    (frozen,) = said[1:]
    assert frozen.startswith(
        f"{FROZEN} label keeps 98 % or more of the metric alone: such heads can be added to a trained"
    )
    assert frozen.endswith(" model with --from and task.freeze=[backbone]; others keep less (boxes 50 %).")


def test_a_head_that_loses_is_named_with_its_numbers_and_the_cure() -> None:
    said = advice({"label": LABEL, "boxes": boxes([0.76, 0.76])}, COSTS)
    assert said[:2] == [
        f"{COST}, but not every head gets along with the others.",
        "boxes loses 5 % (map 0.800 alone, 0.760 together): raise task.heads.boxes.weight, or train it alone.",
    ]


def test_where_every_head_loses_no_weight_is_raised() -> None:
    said = advice({"boxes": boxes([0.76, 0.76]), "label": boxes([0.72, 0.72])}, COSTS)
    assert said[0] == f"{COST}, and every head loses by it: take more steps or a larger backbone, or train them apart."
    assert said[1:3] == [
        "boxes loses 5 % (map 0.800 alone, 0.760 together).",
        "label loses 10 % (map 0.800 alone, 0.720 together).",
    ]
    frozen = "no head keeps 98 % of its metric alone (boxes 50 %, label 50 %): let the backbone learn with them."
    assert said[3] == f"{FROZEN} {frozen}"


def test_a_loss_within_what_the_seeds_differ_by_is_none_yet() -> None:
    said = advice({"label": LABEL, "boxes": boxes([0.70, 0.82])}, COSTS)
    assert said[:2] == [
        f"{COST}, and no head loses more than its seeds differ by: train them together.",
        "boxes is 5 % lower (map 0.800 alone, 0.760 together), and its seeds differ as much: more would tell.",
    ]
    lost = advice({"label": LABEL, "boxes": boxes([0.74, 0.76])}, COSTS)
    assert lost[1].startswith("boxes loses 6 %")


def test_a_gain_is_said() -> None:
    said = advice({"label": LABEL, "boxes": boxes([0.88, 0.88], frozen=0.8)}, COSTS)
    assert said[1] == "boxes gains 10 % (map 0.800 alone, 0.880 together)."
    assert said[2].startswith(
        f"{FROZEN} label and boxes keep 98 % or more of the metric alone: such heads can be added"
    )
    assert said[2].endswith(" with --from and task.freeze=[backbone].")


def test_what_saves_nothing_is_trained_apart() -> None:
    costs = {**COSTS, "together": Expense(120, 1200, 51.0, [170.0], [12.0])}
    said = advice({"label": LABEL, "boxes": boxes([0.80, 0.80])}, costs)
    cost = "Together costs 1.02 of the 2 alone in a forward and 1.06 in training"
    assert said[0] == f"{cost}, so nothing is saved: train them apart."


@pytest.mark.parametrize("alone", [[0.0, 0.0], [-0.5, -0.1], [0.01, 0.02], [float("nan"), 0.5]])
def test_a_head_that_learned_too_little_is_not_judged(alone: list[float]) -> None:
    said = advice({"label": LABEL, "boxes": boxes([0.5, 0.5], alone)}, COSTS)
    assert said[0].startswith("boxes learned too little alone (map ")
    assert said[0].endswith(") to be judged: take more steps.")
    assert said[1] == f"{COST}, and every other head keeps 98 % or more of its metric: train them together."
    assert advice({"boxes": boxes([0.5, 0.5], alone)}, COSTS) == said[:1]


def test_a_metric_that_is_not_a_number_together_is_a_loss() -> None:
    assert "boxes loses nan %" in advice({"label": LABEL, "boxes": boxes([float("nan")], [0.8])}, COSTS)[1]
