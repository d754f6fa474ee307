"""The checks by name, and three ways to run them: one by one, all at once, and as a parametrized test of pytest."""

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from polyhead.checks import (
    backbones,
    known,
    learning,
    losses,
    options,
    precision,
    predictions,
    records,
    state,
    training,
)
from polyhead.checks.backbones import BackboneFactory
from polyhead.checks.probes import HeadFactory
from polyhead.errors import UserError, unknown

HEAD_CHECKS: dict[str, Callable[[HeadFactory], None]] = {
    function.__name__: function
    for function in (
        options.head_options_are_recipe_able,
        options.forward_takes_features_only,
        losses.losses_are_named_finite_sums,
        losses.zero_rows_give_zero,
        losses.empty_targets_give_finite_losses,
        losses.batch_of_one_trains,
        losses.odd_image_sizes_work,
        losses.items_are_independent,
        learning.every_parameter_learns,
        learning.gradients_reach_the_features,
        precision.bf16_autocast_agrees,
        precision.bf16_answers_fit_metrics,
        known.unknown_classes_get_no_gradient,
        training.overfits_one_batch,
        training.learning_shows_in_the_main_metric,
        predictions.decode_has_fixed_rank,
        predictions.predictions_are_one_an_item,
        predictions.predictions_fit_metrics,
        predictions.metrics_are_fresh,
        predictions.restore_goes_back_to_the_original,
        records.records_are_plain_data,
        records.drawing_keeps_size_and_dtype,
        state.state_round_trips,
        state.forward_ignores_mode,
        state.deploy_gives_the_same_decode,
        state.spec_without_grids_is_refused_or_read,
    )
}
"""Every check of a head: a function of a factory that raises `CheckError`."""

BACKBONE_CHECKS: dict[str, Callable[[BackboneFactory], None]] = {
    function.__name__: function
    for function in (
        backbones.backbone_options_are_recipe_able,
        backbones.backbone_takes_images_only,
        backbones.spec_is_the_real_one,
        backbones.finest_level_comes_first,
        backbones.features_carry_the_size,
        backbones.images_stay_unchanged,
        backbones.images_are_independent,
        backbones.mode_keeps_the_form,
        backbones.one_image_trains,
        backbones.every_weight_learns,
        backbones.state_travels,
        backbones.bf16_autocast_keeps_the_features,
    )
}
"""Every check of an image backbone: a function of a factory that raises `CheckError`."""


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
    """Run every check of an image backbone.

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
    """Return a test of pytest: every check of every image backbone, one by one.

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
