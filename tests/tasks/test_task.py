"""One step, many heads: rows, counts, parts that stand still, rates of their own."""

from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from polyhead.contracts import Batch
from polyhead.errors import UserError
from polyhead.tasks._optimizer import build_optimizer, parameter_groups

MakeTask = Callable[..., Any]
Train = Callable[..., pl.Trainer]


def batch_of(rows: dict[str, list[int]]) -> Batch:
    """Return four random images of which `rows` carry a target."""
    torch.manual_seed(0)
    targets = {"label": torch.tensor([1, 2, 3, 4]), "mask": torch.randint(11, (4, 32, 32))}
    places = {name: torch.tensor(some) for name, some in rows.items()}
    return Batch(torch.rand(4, 3, 32, 32), {n: targets[n][r] for n, r in places.items()}, places, {}, ())


def test_a_head_learns_from_its_own_rows_only(make_task: MakeTask) -> None:
    task = make_task().eval()
    some = dict(task.losses(batch_of({"label": [1, 3], "mask": [0]})))
    alone = Batch(batch_of({}).inputs[[1, 3]], {"label": torch.tensor([2, 4])}, {"label": torch.arange(2)}, {}, ())
    torch.testing.assert_close(some["label"]["ce"].total, dict(task.losses(alone))["label"]["ce"].total)
    assert some["label"]["ce"].count == 2
    assert some["mask"]["ce"].count == 32 * 32


def test_a_target_that_no_item_carries_gives_the_same_names_zero_loss_and_a_graph(make_task: MakeTask) -> None:
    task = make_task()
    full = dict(task.losses(batch_of({"label": [0], "mask": [0]})))
    none = dict(task.losses(batch_of({"label": [0]})))
    assert none["mask"].keys() == full["mask"].keys()
    assert all((loss.total, loss.count) == (0, 0) for loss in none["mask"].values())
    sum(loss.total for losses in none.values() for loss in losses.values()).backward()
    assert all(p.grad is not None for p in task.model.parameters())
    assert all((p.grad == 0).all() for p in task.model.heads["mask"].parameters())


class Scaled(pl.Callback):
    """Keeps the loss of the first step."""

    loss = 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any) -> None:
        self.loss = self.loss or outputs["loss"].item()


def test_weights_that_no_loss_depends_on_are_found(make_task: MakeTask) -> None:
    body = {"name": "convnet", "channels": [4, 8, 8], "depth": 1}
    neck = {"name": "pyramid", "width": 8, "levels": 2, "body": body}
    pooled, every = {"label": {"name": "classification"}}, {"mask": {"name": "segmentation", "width": 8}}
    assert make_task(backbone=neck, heads=pooled).has_unread(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert not make_task(backbone=neck, heads=every).has_unread(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))


def test_a_heads_weight_multiplies_its_losses(make_task: MakeTask, train: Train) -> None:
    losses = []
    for weight in (1.0, 3.0):
        pl.seed_everything(0, verbose=False)
        kept = Scaled()
        train(make_task(heads={"label": {"name": "classification", "weight": weight}}), kept, max_epochs=1)
        losses.append(kept.loss)
    assert losses[1] == pytest.approx(3 * losses[0], rel=1e-5)


def test_norms_and_biases_do_not_decay() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    decayed, free = parameter_groups(module, lr=0.1, weight_decay=0.5)
    assert [tuple(p.shape) for p in decayed["params"]] == [(4, 3, 3, 3)]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.5, 0.0)
    assert len(free["params"]) == 3


@pytest.mark.parametrize("name", ["adamw", "sgd", "nadam", "radam", "rmsprop"])
def test_each_optimiser_takes_a_step(name: Any) -> None:
    layer = nn.Linear(2, 1)
    before = layer.weight.detach().clone()
    optimizer = build_optimizer(name, parameter_groups(layer, 0.1, 0.0), 0.1)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert (layer.weight < before).all()


class Steps(pl.Callback):
    """Keeps the norm of all gradients as the optimiser gets them."""

    def __init__(self) -> None:
        self.norms: list[float] = []

    def on_before_zero_grad(self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Any) -> None:
        gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
        self.norms += [torch.nn.utils.get_total_norm(gradients).item()] if gradients else []


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_gradients_are_clipped_to_the_norm_that_the_trainer_names(
    precision: str, make_task: MakeTask, train: Train
) -> None:
    kept = Steps()
    train(make_task(), kept, max_epochs=1, gradient_clip_val=0.01, precision=precision)
    assert kept.norms == pytest.approx([0.01] * len(kept.norms), rel=1e-3)
    assert kept.norms


def test_a_head_may_have_a_learning_rate_of_its_own(make_task: MakeTask) -> None:
    task = make_task(heads={"label": {"name": "classification", "lr": 0.0}}, lr=0.25)
    rates = {group["initial_lr"] for group in task.configure_optimizers().param_groups}
    assert rates == {0.25, 0.0}


@pytest.mark.filterwarnings("ignore:.*in eval mode")  # which is what freezing is
def test_a_frozen_part_stands_still_batchnorm_statistics_included(make_task: MakeTask, train: Train) -> None:
    task = make_task(freeze=("backbone.stages.0", "heads.mask"))
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    train(task, max_epochs=1)
    after = task.model.state_dict()
    still = {name for name in before if name.startswith(("backbone.stages.0.", "heads.mask."))}
    assert all(torch.equal(before[name], after[name]) for name in still)
    assert not torch.equal(before["backbone.stages.1.1.running_mean"], after["backbone.stages.1.1.running_mean"])


def test_freezing_a_part_that_is_not_there_names_the_nearest(make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=r"'backbone\.stage'.*did you mean 'backbone\.stages'"):
        make_task(freeze=("backbone.stage",))


def test_the_number_to_monitor_is_the_mean_of_the_heads_main_metrics(make_task: MakeTask, train: Train) -> None:
    measured = train(make_task(), max_epochs=1).callback_metrics
    mean = (measured["val/label/accuracy"] + measured["val/mask/miou"]) / 2
    torch.testing.assert_close(measured["val/main"], mean)


def test_a_head_whose_target_no_item_carries_is_not_measured_and_not_in_the_mean(
    make_task: MakeTask, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task()
    measure = task.measure
    monkeypatch.setattr(task, "measure", lambda batch: measure(batch._replace(rows={"label": batch.rows["label"]})))
    measured = train(task, max_epochs=1).callback_metrics
    assert measured["val/mask/miou"].isnan()
    torch.testing.assert_close(measured["val/main"], measured["val/label/accuracy"])


@pytest.mark.parametrize("name", ["type", "keys", "a.b"])
def test_a_name_that_torch_cannot_give_to_a_part_is_refused(name: str, make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=f"torch cannot call a part '{name}'.*target=label"):
        make_task(heads={name: {"name": "classification", "target": "label"}})


@pytest.mark.parametrize("name", ["domain", "error"])
def test_a_name_that_answers_have_already_is_refused(name: str, make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=f"answers have '{name}' already; choose another name, and say target=label"):
        make_task(heads={name: {"name": "classification", "target": "label"}})


def test_a_task_without_heads_is_refused(make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=r"task\.heads is empty"):
        make_task(heads={})


def test_a_head_whose_target_the_data_lack_is_refused(make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=r"task\.heads\.pose learns the target 'pose', and the data have only: label"):
        make_task(heads={"pose": {"name": "regression"}})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lr": -1.0}, r"task\.lr: -1 does not fit; it takes 0 or more"),
        ({"average": 1.0}, r"task\.average: 1 does not fit; it takes 0 or more, below 1"),
        ({"warmup": 2.0}, r"task\.warmup: 2"),
        ({"final": -1.0}, r"task\.final: -1"),
        ({"heads": {"label": {"name": "classification", "weight": -1.0}}}, r"task\.heads\.label\.weight: -1"),
        ({"freeze": ("backbone", "heads")}, "leaves nothing to learn"),
    ],
)
def test_a_number_out_of_its_range_is_named_with_the_range(
    options: dict[str, Any], said: str, make_task: MakeTask
) -> None:
    with pytest.raises(UserError, match=said):
        make_task(**options)
