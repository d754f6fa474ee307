"""What a plugin's author meets: the public names, the three lines, what may be skipped, and no pytest."""

import subprocess
import sys

import pytest
from reference_heads import Values

from polyhead import checks
from polyhead.errors import UserError


def test_the_public_names_are_these() -> None:
    assert sorted(checks.__all__) == [
        "BACKBONE_CHECKS",
        "BackboneFactory",
        "CheckError",
        "HEAD_CHECKS",
        "HeadFactory",
        "check_backbone",
        "check_head",
        "parametrize_backbones",
        "parametrize_heads",
    ]


def test_ids_name_the_head_and_the_check() -> None:
    (mark,) = checks.parametrize_heads({"depth": Values}).pytestmark
    assert [case.id for case in mark.args[1]] == [f"depth-{key}" for key in checks.HEAD_CHECKS]


def test_a_check_may_be_skipped_with_its_reason() -> None:
    (mark,) = checks.parametrize_heads({"depth": Values}, skip={"state_round_trips": "it has none"}).pytestmark
    skipped = {case.id: case.marks[0].kwargs for case in mark.args[1] if case.marks}
    assert skipped == {"depth-state_round_trips": {"reason": "it has none"}}


def test_a_check_to_skip_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UserError, match=r"no check 'state_round_trip' \(did you mean 'state_round_trips'\?\)"):
        checks.parametrize_heads({"depth": Values}, skip={"state_round_trip": "misspelt"})


def test_without_pytest_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    with pytest.raises(UserError, match="need pytest: pip install pytest, or call check_head"):
        checks.parametrize_heads({"depth": Values})


def test_the_checks_import_neither_lightning_nor_torchmetrics() -> None:
    program = "import sys, polyhead.checks; print({'torchmetrics', 'pytorch_lightning', 'pytest'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_random_numbers_outside_are_left_alone() -> None:
    import torch

    torch.manual_seed(3)
    wanted = torch.rand(())
    torch.manual_seed(3)
    checks.HEAD_CHECKS["state_round_trips"](Values)
    assert torch.rand(()) == wanted
