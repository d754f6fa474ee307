"""Compiled backbones."""

import pickle
import shutil
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from polyhead.errors import UserError
from polyhead.tasks._compile import compile_part


def test_a_compiled_task_trains_the_same_weights_under_the_same_names(
    make_task: Callable[..., Any], train: Callable[..., pl.Trainer]
) -> None:
    found = []
    for compile_ in (False, True):
        torch.manual_seed(0)
        task = make_task(compile=compile_)
        with torch.compiler.set_stance("force_eager"):
            train(task, max_epochs=1, limit_val_batches=0)
        assert (task.model.backbone._compiled_call_impl is not None) is compile_
        found.append(task.state_dict())
    assert found[0].keys() == found[1].keys()
    for name, value in found[0].items():
        torch.testing.assert_close(found[1][name], value)


def test_copies_of_a_compiled_part_are_plain() -> None:
    part = torch.nn.Linear(2, 2)
    compile_part(part)
    for copy in (deepcopy(part), pickle.loads(pickle.dumps(part))):  # noqa: S301  # its own
        assert copy._compiled_call_impl is None


def test_a_missing_compiler_is_named_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UserError, match=r"task\.compile=true needs a C\+\+ compiler \(g\+\+"):
        compile_part(torch.nn.Linear(2, 2))


@pytest.mark.slow
def test_a_compiled_part_gives_what_the_plain_one_does() -> None:
    part = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
    given = torch.rand(3, 4)
    expected = part(given)
    compile_part(part)
    torch.testing.assert_close(part(given), expected)
