"""The checks by name, and three ways to run them: one by one, all at once, and as a parametrized test of pytest."""

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from polyhead.checks.backbones import (
    BackboneFactory,
    atoms_may_be_numbered_otherwise,
    backbone_options_are_recipe_able,
    backbone_takes_inputs_only,
    bf16_autocast_keeps_the_features,
    every_weight_learns,
    features_carry_the_size,
    finest_level_comes_first,
    inputs_stay_unchanged,
    items_of_a_batch_are_independent,
    mode_keeps_the_form,
    one_item_trains,
    spec_is_the_real_one,
    state_travels,
)
from polyhead.checks.blends import (
    blended_targets_are_weighed,
)
from polyhead.checks.distilling import (
    distilling_costs_nothing_from_an_equal,
)
from polyhead.checks.known import (
    limited_answers_name_no_unknown_class,
    unknown_classes_get_no_gradient,
)
from polyhead.checks.learning import (
    every_parameter_learns,
    gradients_reach_the_features,
)
from polyhead.checks.losses import (
    batch_of_one_trains,
    empty_targets_give_finite_losses,
    items_are_independent,
    losses_are_named_finite_sums,
    odd_image_sizes_work,
    zero_rows_give_zero,
)
from polyhead.checks.options import (
    forward_takes_features_only,
    head_options_are_recipe_able,
)
from polyhead.checks.precision import (
    bf16_answers_fit_metrics,
    bf16_autocast_agrees,
)
from polyhead.checks.predictions import (
    decode_has_fixed_rank,
    metrics_are_fresh,
    predictions_are_one_an_item,
    predictions_fit_metrics,
    restore_goes_back_to_the_original,
)
from polyhead.checks.probes import HeadFactory
from polyhead.checks.records import (
    drawing_keeps_size_and_dtype,
    records_are_plain_data,
)
from polyhead.checks.state import (
    deploy_gives_the_same_decode,
    forward_ignores_mode,
    spec_without_grids_is_refused_or_read,
    state_round_trips,
)
from polyhead.checks.stitching import one_window_gives_the_answer_of_the_whole
from polyhead.checks.training import (
    learning_shows_in_the_main_metric,
    overfits_one_batch,
)
from polyhead.errors import UserError, unknown

HEAD_CHECKS: dict[str, Callable[[HeadFactory], None]] = {
    function.__name__: function
    for function in (
        head_options_are_recipe_able,
        forward_takes_features_only,
        losses_are_named_finite_sums,
        zero_rows_give_zero,
        empty_targets_give_finite_losses,
        batch_of_one_trains,
        odd_image_sizes_work,
        items_are_independent,
        every_parameter_learns,
        gradients_reach_the_features,
        bf16_autocast_agrees,
        bf16_answers_fit_metrics,
        unknown_classes_get_no_gradient,
        limited_answers_name_no_unknown_class,
        blended_targets_are_weighed,
        distilling_costs_nothing_from_an_equal,
        overfits_one_batch,
        learning_shows_in_the_main_metric,
        decode_has_fixed_rank,
        predictions_are_one_an_item,
        predictions_fit_metrics,
        metrics_are_fresh,
        restore_goes_back_to_the_original,
        one_window_gives_the_answer_of_the_whole,
        records_are_plain_data,
        drawing_keeps_size_and_dtype,
        state_round_trips,
        forward_ignores_mode,
        deploy_gives_the_same_decode,
        spec_without_grids_is_refused_or_read,
    )
}
"""Every check of a head: a function of a factory that raises `CheckError`."""

BACKBONE_CHECKS: dict[str, Callable[[BackboneFactory], None]] = {
    function.__name__: function
    for function in (
        backbone_options_are_recipe_able,
        backbone_takes_inputs_only,
        spec_is_the_real_one,
        finest_level_comes_first,
        features_carry_the_size,
        inputs_stay_unchanged,
        items_of_a_batch_are_independent,
        atoms_may_be_numbered_otherwise,
        mode_keeps_the_form,
        one_item_trains,
        every_weight_learns,
        state_travels,
        bf16_autocast_keeps_the_features,
    )
}
"""Every check of a backbone: a function of a factory that raises `CheckError`."""


def check_head(factory: HeadFactory) -> None:
    """Run every check of a head.

    Args:
        factory: Builds a new head for a spec: `lambda spec: Depth(spec)`.

    Raises:
        CheckError: By the first check that fails.
    """
    for run in HEAD_CHECKS.values():
        run(factory)


def check_backbone(factory: BackboneFactory) -> None:
    """Run every check of a backbone.

    Args:
        factory: Builds a new backbone.

    Raises:
        CheckError: By the first check that fails.
    """
    for run in BACKBONE_CHECKS.values():
        run(factory)


def parametrize_heads(
    factories: Mapping[str, HeadFactory], *, skip: Mapping[str, str] | None = None
) -> Callable[..., None]:
    """Return a test of pytest: every check of every head, one by one, in a second or two a head.

    Args:
        factories: Builders of heads, by the name that the test's report shows.
        skip: Checks that your heads cannot pass, and why.

    Raises:
        UserError: If pytest is not installed, or `skip` names no check.
    """
    return _parametrize(HEAD_CHECKS, factories, skip or {})


def parametrize_backbones(
    factories: Mapping[str, BackboneFactory], *, skip: Mapping[str, str] | None = None
) -> Callable[..., None]:
    """Return a test of pytest: every check of every backbone, one by one.

    Args:
        factories: Builders of backbones, by the name that the test's report shows.
        skip: Checks that your backbones cannot pass, and why.

    Raises:
        UserError: If pytest is not installed, or `skip` names no check.
    """
    return _parametrize(BACKBONE_CHECKS, factories, skip or {})


def _parametrize(
    checks: Mapping[str, Callable[[Any], None]], factories: Mapping[str, Any], skip: Mapping[str, str]
) -> Callable[..., None]:
    """Return a test over all pairs of a factory and a check."""
    pytest = _pytest()
    _known(skip, checks)
    cases = [
        pytest.param(
            factory, run, id=f"{name}-{key}", marks=[pytest.mark.skip(reason=skip[key])] if key in skip else []
        )
        for name, factory in factories.items()
        for key, run in checks.items()
    ]

    @pytest.mark.parametrize(("factory", "check"), cases)  # type: ignore[untyped-decorator]  # pytest came in late
    def test(factory: Any, check: Callable[[Any], None]) -> None:
        """Run one check on what one factory makes."""
        check(factory)

    return test  # type: ignore[no-any-return]  # as above


def _known(names: Iterable[str], checks: Mapping[str, object]) -> None:
    """Refuse names that are no checks, as a check that was misspelt would be skipped by nobody."""
    for name in names:
        if name not in checks:
            raise unknown("check", name, checks)


def _pytest() -> ModuleType:
    """Return pytest, which belongs to those who develop heads and not to those who use them."""
    try:
        import pytest
    except ImportError as error:
        raise UserError(
            "parametrize_heads and parametrize_backbones need pytest: pip install pytest, or call check_head(factory)"
            " and check_backbone(factory), which need nothing"
        ) from error
    return pytest
