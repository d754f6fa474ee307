"""What a launcher says of this process, before any library is asked: torchrun, srun, or Lightning starting its own."""

import os
from typing import NamedTuple

from polyhead.errors import UserError

RANKS = ("RANK", "SLURM_PROCID", "NODE_RANK", "LOCAL_RANK")
"""Variables of launchers in which they number processes."""
TORCHRUN = ("RANK", "LOCAL_RANK")
"""Those of torchrun, which alone are asked where it started the processes."""


class Launched(NamedTuple):
    """The processes that a launcher started.

    Attributes:
        devices: Processes of each node.
        nodes: How many nodes.
    """

    devices: int
    nodes: int


def first() -> bool:
    """Return whether this is the first of a run's processes: the one that writes and speaks.

    It has 0 in all variables of its launcher. torchrun, which srun may have started, orders nodes by their names and
    not as SLURM does. A batch job is SLURM's process 0, and so is whatever Lightning starts in it.
    """
    return not any(_number(name) for name in (TORCHRUN if "RANK" in os.environ else RANKS))


def launched() -> Launched | None:
    """Return what torchrun or srun started; None where this process may start others itself.

    Raises:
        UserError: If a SLURM job of several tasks runs without srun, and would wait for the others for ever; or if its
            nodes cannot have equally many.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        here = _number("LOCAL_WORLD_SIZE") or 1
        return Launched(here, max(1, _number("WORLD_SIZE") // here))
    tasks = _number("SLURM_NTASKS")
    if tasks < 2:
        return None
    if "SLURM_STEP_ID" not in os.environ:
        raise UserError(f"this SLURM job has {tasks} tasks and runs one alone: write `srun` before the command")
    nodes = _number("SLURM_NNODES") or 1
    if tasks % nodes:
        raise UserError(f"SLURM_NTASKS={tasks} tasks do not divide by {nodes} nodes: set `srun --ntasks-per-node`")
    return Launched(tasks // nodes, nodes)


def _number(name: str) -> int:
    """Return the whole number in a variable, 0 where there is none."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else 0
