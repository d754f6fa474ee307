"""Lightning's Trainer, as a recipe describes it: which processes, which callbacks, which files."""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from pytorch_lightning.strategies import DDPStrategy

from polyhead import ranks
from polyhead.errors import UserError
from polyhead.precision import automatic
from polyhead.recipes.build import build_trainer
from polyhead.recipes.signatures import loader_of
from polyhead.running.callbacks import Bar
from polyhead.running.pace import Pace
from polyhead.running.parts import run_callbacks, run_loggers
from polyhead.running.whole_files import WholeFiles

KNOWN = (
    "Experiment logs directory",  # it is the run folder, which already holds the recipe
    "Checkpoint directory",  # as above
    "module.s. in eval mode at the start of training",  # parts that task.freeze names
    "the logging interval",  # of short epochs, whose numbers are logged at their end
    "does not have many workers",  # data.workers chooses
    "`srun` command is available",  # one process needs no srun
    "Total length of .* across ranks is zero",  # of a split without images, which the data say
    "compute.. method of metric .* was called before",  # of a rank that had nothing to measure
)
ONE = (None, "auto", 1, "1")
"""What `trainer.devices` says for one process, on whichever device."""


def make_trainer(
    recipe: dict[str, Any],
    run: Path,
    callbacks: list[pl.Callback],
    *,
    step: int | None = None,
    unread: bool = False,
) -> pl.Trainer:
    """Return Lightning's Trainer, logging into the run folder.

    Args:
        recipe: Of the run.
        run: Its folder.
        callbacks: Beside those that the recipe names.
        step: Where a run goes on; what was logged of later steps is gone.
        unread: Whether there are weights that no loss depends on.

    Raises:
        UserError: If an option does not fit.
    """
    node = dict(recipe["trainer"])
    shown = node.get("enable_progress_bar") is not False
    given: dict[str, Any] = {
        "default_root_dir": run,
        "callbacks": [*callbacks, *run_callbacks(node.get("callbacks")), *([Bar()] if shown else [])],
        "logger": run_loggers(node.get("logger"), run, step),
        "enable_model_summary": bool(node.get("enable_model_summary")),
        **processes(node, unread),
    }
    if node.get("val_check_interval") is None and node.get("check_val_every_n_epoch") == 1:
        given["callbacks"].insert(0, Pace())
    if node.get("precision") in {None, "auto"}:
        given["precision"] = automatic(str(node.get("accelerator", "auto")), graphs=not are_images(recipe["data"]))
    trainer = build_trainer(node, **given)
    # With max_steps Lightning takes any checkpoint for one within an epoch, and skips the epoch that would come next.
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]  # noqa: SLF001
    return trainer


def are_images(data: dict[str, Any]) -> bool:
    """Return whether the node `data` of a recipe is of images."""
    return loader_of(data["name"]) == "images"


def are_several(node: dict[str, Any]) -> bool:
    """Return whether a run has several processes.

    Args:
        node: `trainer` of a recipe.
    """
    devices, nodes = node.get("devices"), node.get("num_nodes") or 1
    one = devices in ONE or (isinstance(devices, list) and len(devices) == 1)
    return nodes > 1 or not one or ranks.launched() is not None


def processes(node: dict[str, Any], unread: bool) -> dict[str, Any]:
    """Return the Trainer's options of which processes there are, and how they work together.

    Those that torchrun or srun started are taken as they are; else `devices` says how many there are to be, 1 if it is
    silent.

    Args:
        node: `trainer` of a recipe.
        unread: As `strategy`.
    """
    outside, devices, nodes = ranks.launched(), node.get("devices"), node.get("num_nodes") or 1
    if outside:
        nodes = outside.nodes
    if devices in ONE:
        devices = outside.devices if outside else 1
    return {
        "devices": devices,
        "num_nodes": nodes,
        "strategy": strategy(node.get("strategy"), are_several(node), unread),
        "plugins": [WholeFiles(), *environment(outside), *(node.get("plugins") or [])],
        "use_distributed_sampler": False,
    }


def strategy(node: Any, several: bool, unread: bool) -> Any:
    """Return a strategy: DDP for several processes unless another one is named.

    Buffers stay each process's own in training: the Task averages BatchNorm statistics where they matter.

    Args:
        node: What the recipe says: nothing, a name of Lightning's, or {name: ddp, options of DDPStrategy}.
        several: Whether there are several processes.
        unread: Whether there are weights without a gradient, for which DDP has to look then.

    Raises:
        UserError: If there are options for another strategy than DDP, or that it does not take.
    """
    options: dict[str, Any] = dict(node) if isinstance(node, dict) else {"name": node or "auto"}
    name = options.pop("name", "ddp")
    if name not in {"auto", "ddp"}:
        if options:
            raise UserError(f"trainer.strategy: {name} takes no options here; only ddp does")
        return name
    if name == "auto" and not several:
        return name
    usual: dict[str, Any] = {"find_unused_parameters": unread, "forward_sync_buffers": False}
    try:
        return DDPStrategy(**usual | options)
    except TypeError as error:
        raise UserError(f"trainer.strategy: {error}") from error


def environment(outside: ranks.Launched | None) -> list[ClusterEnvironment]:
    """Return what stands above Lightning's own guess within a SLURM job, [] elsewhere.

    It would requeue a job by itself, and take a job of one task for one whose other processes are there already.

    Args:
        outside: What a launcher started; None where it started this process alone.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ or "SLURM_JOB_ID" not in os.environ:
        return []
    if outside is None:
        return [LightningEnvironment()]
    # SLURM sets it for --ntasks-per-node only, and Lightning refuses `srun -n` without it.
    os.environ.setdefault("SLURM_NTASKS_PER_NODE", str(outside.devices))
    return [SLURMEnvironment(auto_requeue=False)]


def quiet() -> None:
    """Leave out what Lightning says of hardware that is not there, and its warnings of what is so on purpose."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if not ranks.first():
        logging.getLogger("polyhead").setLevel(logging.ERROR)
    for message in KNOWN:
        warnings.filterwarnings("ignore", f".*{message}")
    warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)  # Lightning's own call, with torch >= 2.13
