"""Which processes Lightning takes for a run's own within a SLURM job."""

import os

import pytest
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment

from polyhead import ranks
from polyhead.running.trainer import processes

STEP = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_NTASKS": "4", "SLURM_NNODES": "2"}


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that `srun -n 4` started this process on one of two nodes."""
    for name in (*ranks.RANKS, "TORCHELASTIC_RUN_ID", "SLURM_NTASKS_PER_NODE"):
        monkeypatch.setenv(name, "")  # so that what is set within the test is gone after it
        monkeypatch.delenv(name)
    for name, value in STEP.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("step")
def test_tasks_that_srun_started_by_their_number_alone_are_taken_as_they_are() -> None:
    found = processes({}, unread=False)
    (environment,) = [plugin for plugin in found["plugins"] if isinstance(plugin, SLURMEnvironment)]
    environment.validate_settings(found["devices"], found["num_nodes"])
    assert (found["devices"], found["num_nodes"], os.environ["SLURM_NTASKS_PER_NODE"]) == (2, 2, "2")


@pytest.mark.usefixtures("step")
def test_what_slurm_itself_says_of_tasks_per_node_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "3")
    processes({}, unread=False)
    assert os.environ["SLURM_NTASKS_PER_NODE"] == "3"
