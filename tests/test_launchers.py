"""Who is first, and who started whom, by the variables of torchrun and SLURM."""

import pytest

from polyhead import ranks
from polyhead.errors import UserError
from polyhead.ranks import Launched


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the tests themselves run under."""
    for name in (*ranks.RANKS, "TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "SLURM_STEP_ID", "SLURM_NNODES"):
        monkeypatch.delenv(name, raising=False)


def test_a_process_alone_is_first_and_was_not_launched() -> None:
    assert ranks.first()
    assert ranks.launched() is None


@pytest.mark.parametrize(
    ("variables", "first"),
    [
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "2", "LOCAL_RANK": "0"}, False),  # torchrun: the first process of the second node
        ({"RANK": "0", "LOCAL_RANK": "0", "SLURM_PROCID": "1"}, True),  # torchrun orders nodes otherwise than srun
        ({"RANK": "1", "LOCAL_RANK": "0", "SLURM_PROCID": "0"}, False),
        ({"RANK": "0", "LOCAL_RANK": "0", "NODE_RANK": "1"}, True),
        ({"SLURM_PROCID": "3"}, False),
        ({"SLURM_PROCID": "0", "LOCAL_RANK": "1"}, False),  # what Lightning starts itself in a batch job of one task
        ({"NODE_RANK": "0", "LOCAL_RANK": "1"}, False),  # what Lightning starts itself
    ],
)
def test_the_first_process_has_0_wherever_a_launcher_counts(
    variables: dict[str, str], first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ranks.first() is first


@pytest.mark.parametrize(
    ("variables", "launched"),
    [
        ({"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, Launched(4, 2)),
        ({"SLURM_NTASKS": "6", "SLURM_NNODES": "3", "SLURM_STEP_ID": "0"}, Launched(2, 3)),
        ({"SLURM_NTASKS": "1"}, None),
    ],
)
def test_devices_and_nodes_are_as_the_launcher_says(
    variables: dict[str, str], launched: Launched | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ranks.launched() == launched


def test_tasks_that_nodes_cannot_share_evenly_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLURM_NTASKS": "3", "SLURM_NNODES": "2", "SLURM_STEP_ID": "0"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="SLURM_NTASKS=3 tasks do not divide by 2 nodes: set `srun --ntasks-per-node`"):
        ranks.launched()


def test_a_forgotten_srun_is_an_error_and_no_endless_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "4")
    with pytest.raises(UserError, match="has 4 tasks and runs one alone: write `srun` before the command"):
        ranks.launched()
