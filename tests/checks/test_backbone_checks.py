"""Every check of backbones passes the good ones, and catches the backbones that are broken in just its way."""

import broken_backbones as broken
import pytest

from polyhead.checks import BACKBONE_CHECKS, CheckError, check_backbone, parametrize_backbones
from polyhead.contracts import Backbone

BROKEN = {
    "spec_is_the_real_one": [
        (broken.WrongStride, r"level 1 of 64 x 64 pixels has the shape \(2, 16, 8, 8\), by its spec \(2, 16, 4, 4\)"),
        (broken.CutsTheRest, r"pad so that sides are ceil\(side / stride\)"),
        (broken.WrongWidth, r"pooled of 64 x 64 pixels has the shape \(2, 16\), by its spec \(2, 7\)"),
        (broken.OneLevelMore, r"made 3 levels of 64 x 64 pixels, and its spec has 2 channels and 2 strides"),
        (broken.NotFinite, r"a feature of 64 x 64 pixels\[2\] has 32 values of 32 that are NaN or infinite"),
        (broken.MeanOfNone, r"a feature of molecules\[1\] has 8 values of 32 that are NaN"),
        (broken.OneVectorAMolecule, r"level 0 of molecules has the shape \(4, 8\), by its spec \(16, 8\)"),
        (broken.NoSpec, r"spec is a tuple: set a FeatureSpec"),
    ],
    "finest_level_comes_first": [(broken.CoarsestFirst, r"strides are \(8, 4\): order the levels from the finest")],
    "features_carry_the_size": [
        (broken.SizeOfLevel, r"returned features of size=\(10, 6\), item=None of 40 x 24 pixels"),
        (broken.NoItem, r"item=None of a molecule without atoms: pass size=None and item=inputs.item"),
        (broken.PlainTuple, r"returned a tuple: return polyhead Features"),
    ],
    "inputs_stay_unchanged": [
        (broken.InPlace, r"changed its inputs in place"),
        (broken.RecountsBonds, r"changed its inputs in place"),
    ],
    "items_of_a_batch_are_independent": [
        (broken.SharedStatistics, r"the features of an item alone\[0\] differs in"),
        (broken.HearsOtherMolecules, r"the features of an item alone\[1\] differs in"),
    ],
    "atoms_may_be_numbered_otherwise": [
        (broken.HearsTheAtomBefore, r"whose atoms are numbered otherwise\[0\] differs in"),
    ],
    "mode_keeps_the_form": [(broken.PoolsInEval, r"in train\(\) and of .* in eval\(\): make one form always")],
    "one_item_trains": [
        (broken.NormOfOne, r"forward raised ValueError\('Expected more than 1 value per channel"),
        (broken.NanAlone, r"a feature of one item\[2\] has 16 values of 16 that are NaN"),
    ],
    "every_weight_learns": [(broken.OldClassifier, r"the parameters \['classifier.bias', 'classifier.weight'\]")],
    "state_travels": [(broken.RandomProjection, r"after its state was loaded into a new one\[2\] differs")],
    "bf16_autocast_keeps_the_features": [(broken.LargeOffset, r"under bfloat16 autocast pooled is \d+% away")],
    "backbone_takes_inputs_only": [(broken.SeesTargets, r"forward takes \['inputs', 'targets'\]")],
    "backbone_options_are_recipe_able": [
        (broken.AnyOption, r"the option 'options' is \*args or \*\*kwargs"),
        (broken.ModuleOption, r"the option 'norm' has the default"),
    ],
}
CASES = [(key, backbone, words) for key, backbones in BROKEN.items() for backbone, words in backbones]

test_good_backbones = parametrize_backbones(
    {"two": broken.Two, "wrapper": lambda: broken.Wrapper(broken.Two()), "molecules": broken.Hears}
)


@pytest.mark.parametrize(("key", "backbone", "words"), CASES, ids=[f"{key}-{one.__name__}" for key, one, _ in CASES])
def test_the_check_catches_its_broken_backbone_by_name(key: str, backbone: type[Backbone], words: str) -> None:
    with pytest.raises(CheckError, match=words) as caught:
        BACKBONE_CHECKS[key](backbone)
    assert backbone.__name__ in str(caught.value)


def test_every_check_has_a_broken_backbone() -> None:
    assert set(BROKEN) == set(BACKBONE_CHECKS)


def test_check_backbone_stops_at_the_first_failure() -> None:
    check_backbone(broken.Two)
    with pytest.raises(CheckError, match="InPlace"):
        check_backbone(broken.InPlace)


def test_a_factory_of_something_else_is_named() -> None:
    with pytest.raises(CheckError, match="returned a dict, no polyhead"):
        BACKBONE_CHECKS["mode_keeps_the_form"](dict)
