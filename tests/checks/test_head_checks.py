"""Every check of heads passes the good heads, and catches the heads that are broken in just its way."""

from typing import Any

import broken_answers as answers
import broken_losses as losses
import pytest
from reference_heads import HEADS, LABELS, NeverSeen

from polyhead.checks import HEAD_CHECKS, CheckError, HeadFactory, check_head, parametrize_heads
from polyhead.contracts import Head

AnyHead = Head[Any, Any, Any]

BROKEN = {
    "losses_are_named_finite_sums": [
        (losses.MeanLoss, r"of every item twice: that must double it, so add"),
        (losses.ListOfOneLoss, r"loss\['squares'\].total has the shape \(1,\)"),
        (losses.InfiniteLoss, r"total has 1 values of 1 that are NaN or infinite"),
        (losses.CountInGraph, r"count carries a gradient: detach"),
        (losses.NegativeCount, r"count is -6"),
        (losses.NoGraph, r"cut off from the graph"),
        (losses.BareLoss, r"returned a dict: return a dict of one or more named polyhead.contracts.Loss"),
    ],
    "zero_rows_give_zero": [
        (losses.MeanTimesCount, r"of no items is nan: a sum over nothing is 0"),
        (losses.SkipsEmpty, r"cut off from the graph"),
        (losses.StacksNothing, r"StacksNothing.example_targets\(0, ...\) raised .*: return targets of no items, such"),
        (losses.OneAtLeast, r"OneAtLeast.example_targets\(0, ...\) returned targets of 1 items"),
        (losses.NoNamesOfNothing, r"of no items has the names \['nothing'\], else \['squares'\]"),
    ],
    "empty_targets_give_finite_losses": [(losses.NanTimesZero, r"loss\['squares'\] of items in which nothing is")],
    "batch_of_one_trains": [(losses.Normalised, r"forward raised ValueError\('Expected more than 1 value per channel")],
    "odd_image_sizes_work": [
        (losses.MultipleOfStride, r"MultipleOfStride.loss raised RuntimeError\('The expanded size")
    ],
    "items_are_independent": [
        (losses.Centred, r"added up over items that went in alone, differs"),
        (losses.RelativeAnswer, r"decode of an item alone\['values'\] differs in 2 of 2 values"),
    ],
    "every_parameter_learns": [
        (losses.UnusedLayer, r"no loss reaches the parameters \['spare.bias', 'spare.weight'\]")
    ],
    "gradients_reach_the_features": [(losses.Detached, r"no gradient reaches the features")],
    "bf16_autocast_agrees": [(losses.FarFromZero, r"under bfloat16 autocast and .* in float32")],
    "bf16_answers_fit_metrics": [
        (answers.HalfAnswer, r"decode\['values'\] is torch.bfloat16 under bfloat16 autocast, else torch.float32"),
        (answers.InfiniteOfOne, r"negative_error/a'\] has 1 values of 1 that are NaN or infinite"),
    ],
    "unknown_classes_get_no_gradient": [
        (losses.UnknownIsNegative, r"values of unknown classes a gradient, in its output of shape \(6, 5, 64, 64\)"),
        (losses.UnknownIsNegativeBox, r"gives 6 values of unknown classes a gradient, in its output of shape \(6, 5\)"),
        (losses.KnownMeansHalf, r"with all classes known and .* with known=None"),
    ],
    "limited_answers_name_no_unknown_class": [
        (answers.LimitsNothing, r"LimitsNothing says '\w+' of an item after limit\(\) was told")
    ],
    "blended_targets_are_weighed": [
        (losses.LargestShare, r"with or without a quarter of another item's target: weigh both"),
        (losses.NumbersOnly, r"NumbersOnly.loss raised RuntimeError\('one_hot is only applicable to index tensor"),
        (losses.SharesCostDouble, r"of targets that are shares of one class, and .* of its number: they are one"),
        (losses.MixesBoxes, r"mixes, and its targets are neither floats nor class numbers"),
    ],
    "distilling_costs_nothing_from_an_equal": [
        (losses.CrossEntropyFromTeacher, r"distil from itself costs .*: equal answers must cost 0"),
        (losses.LearnsNothingFromTeacher, r"distil from a head of other weights costs 0"),
        (losses.RoundsForTeacher, r"distil gives no weight a gradient"),
        (losses.MeanFromTeacher, r"distil: total is .* of every item twice, and 0 of none: add over the items"),
        (losses.TakesTheTeachersName, r"loss has the name 'distil'.*: rename it"),
    ],
    "overfits_one_batch": [(losses.NoiseForTargets, r"moved its loss only from")],
    "learning_shows_in_the_main_metric": [
        (losses.LossOfTheOpposite, r"main 'negative_error' went from .* while its loss fell"),
    ],
    "decode_has_fixed_rank": [
        (answers.Squeezed, r"of 1 items is torch.float32 of rank 1, of 3 items torch.float32 of rank 2"),
        (answers.SometimesMore, r"spread'\] of 3 items has the shape \(1, 2\): its first dimension is the items"),
        (answers.OneNameOnly, r"of 1 items has the names \['values'\], of 3 items \['more', 'values'\]"),
    ],
    "predictions_are_one_an_item": [(answers.OnlyTheBest, r"predict of 3 items returned 1 predictions")],
    "predictions_fit_metrics": [
        (answers.MisnamedMain, r"main is 'accuracy', which is not among its metrics \['negative_error'\]"),
        (answers.AboveOne, r"main 'percent' is 200: it has to be at most 1"),
        (answers.NotANumber, r"negative_error has 1 values of 1 that are NaN"),
        (answers.InfiniteOfOne, r"negative_error/a has 1 values of 1 that are NaN or infinite"),
        (answers.MetricOfEach, r"negative_error is no 0-d tensor"),
    ],
    "metrics_are_fresh": [(answers.OneMetricForAll, r"build a new MetricCollection at every call")],
    "restore_goes_back_to_the_original": [
        (answers.InputPixels, r"restore has \(64, 64\) pixels for an original of \(100, 140\)"),
        (answers.PaintsOver, r"change none in place"),
        (answers.PadsAfterScale, r"\['boxes'\] are not \(boxes - pad\) / scale"),
        (answers.RestoresOne, r"turned a list of 2 items into a list of 1"),
    ],
    "one_window_gives_the_answer_of_the_whole": [
        (answers.StitchesNothing, r"stitch: of one window that is the image it made \[\{'counts': \[4096, 0"),
    ],
    "records_are_plain_data": [
        (answers.TensorRecords, r"'value' is not for JSON"),
        (answers.TupleRecords, r"'value' comes out of JSON as another value: use lists"),
        (answers.OneRecord, r"return a list, one dict an item"),
    ],
    "drawing_keeps_size_and_dtype": [
        (answers.DrawsInPlace, r"draw painted on the image"),
        (answers.DrawsFloats, r"draw returned torch.float32"),
    ],
    "state_round_trips": [
        (answers.ForgetsThreshold, r"the threshold 0.375 came back as 0.5"),
        (answers.ForgetsMean, r"decode after its state was loaded into a new head\['values'\] differs"),
    ],
    "forward_ignores_mode": [(answers.TwoOutputs, r"return one type always")],
    "deploy_gives_the_same_decode": [
        (answers.DeploysItself, r"deploy changed or returned the head itself"),
        (answers.DeploysZeros, r"decode after deploy\(\)\['values'\] differs"),
        (answers.DeploysTraining, r"deploy returned a head in train mode"),
    ],
    "spec_without_grids_is_refused_or_read": [
        (answers.AssumesGrids, r"built for a spec without strides, and then fail")
    ],
    "head_options_are_recipe_able": [
        (answers.AnyOption, r"the option 'options' is \*args or \*\*kwargs"),
        (answers.BareOption, r"the option 'depth' has no annotation"),
        (answers.LayerOption, r"the option 'activation' is annotated with .*, which no recipe can hold"),
        (answers.CallableDefault, r"the option 'activation' has the default"),
        (answers.WrongDefault, r"the option 'depth' has the default 2.5"),
        (answers.UnimportedType, r"name 'Decimal' is not defined: import the types"),
        (answers.TakesTheTasksName, r"the option 'weight' has a name that a recipe needs"),
        (answers.NoLabels, r"begins with \['spec', 'depth'\]: every head takes spec and labels first"),
        (answers.Positional, r"the option 'depth' is positional without a default"),
    ],
    "forward_takes_features_only": [(answers.PeeksAtTargets, r"forward takes \['features', 'targets'\]")],
}
CASES = [(key, head, words) for key, heads in BROKEN.items() for head, words in heads]

test_good_heads = parametrize_heads(HEADS)


@pytest.mark.parametrize(("key", "head", "words"), CASES, ids=[f"{key}-{head.__name__}" for key, head, _ in CASES])
def test_the_check_catches_its_broken_head_by_name(key: str, head: type[AnyHead], words: str) -> None:
    with pytest.raises(CheckError, match=words) as caught:
        HEAD_CHECKS[key](factory_of(head))
    assert head.__name__ in str(caught.value)


@pytest.mark.parametrize("key", ["predictions_fit_metrics", "bf16_answers_fit_metrics"])
def test_a_metric_of_what_was_never_seen_may_be_nan(key: str) -> None:
    assert HEAD_CHECKS[key](NeverSeen) is None


def factory_of(head: type[AnyHead]) -> HeadFactory:
    """Return a factory with class names where the head has classes."""
    if head is answers.NoLabels:
        return head
    if head is answers.Positional:
        return lambda spec: head(spec, (), 2)
    return lambda spec: head(spec, LABELS if issubclass(head, (losses.Classes, losses.Pixels, losses.Boxes)) else ())


def test_every_check_has_a_broken_head() -> None:
    assert set(BROKEN) == set(HEAD_CHECKS)


def test_check_head_stops_at_the_first_failure() -> None:
    check_head(HEADS["values"])
    with pytest.raises(CheckError, match="MeanLoss"):
        check_head(losses.MeanLoss)


def test_a_factory_of_something_else_is_named() -> None:
    with pytest.raises(CheckError, match="returned a dict, which is no polyhead"):
        HEAD_CHECKS["forward_ignores_mode"](lambda _: {})
