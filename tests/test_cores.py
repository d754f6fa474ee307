"""How many cores there are for this process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from polyhead import cores as module
from polyhead.cores import cores, limit, settle_threads, use_cores


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a made-up system of 16 cores, in which nothing limits anybody."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    return tmp_path


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("cpu_max", "cpu.max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_all_that_the_process_is_bound_to_where_nothing_limits_it(system: Path) -> None:
    assert cores() == 16
    write(system, sys__fs__cgroup__cpu_max="max 100000\n")
    assert cores() == 16


@pytest.mark.parametrize(("text", "expected"), [("200000 100000", 2), ("150000 100000", 2), ("20000 100000", 1)])
def test_a_containers_limit_counts_and_a_part_of_a_core_is_one(system: Path, text: str, expected: int) -> None:
    write(system, sys__fs__cgroup__cpu_max=text)
    assert cores() == expected


def test_the_tightest_of_nested_groups_counts(system: Path) -> None:
    write(system, proc__self__cgroup="0::/slurm/job\n", sys__fs__cgroup__slurm__job__cpu_max="800000 100000")
    assert cores() == 8
    write(system, sys__fs__cgroup__slurm__cpu_max="300000 100000")
    assert cores() == 3


def test_the_first_version_of_control_groups_counts_too(system: Path) -> None:
    folder = system / "sys/fs/cgroup/cpu"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_period_us").write_text("100000")
    (folder / "cpu.cfs_quota_us").write_text("-1")
    assert limit() == float("inf")
    (folder / "cpu.cfs_quota_us").write_text("400000")
    assert limit() == 4


def test_torch_gets_no_more_threads_than_cores(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    use_cores()
    assert asked == []
    write(system, sys__fs__cgroup__cpu_max="200000 100000")
    use_cores()
    assert asked == [2]
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    use_cores()
    assert asked == [2]


@pytest.fixture
def threads() -> Iterator[None]:
    """Let the tests that follow have the threads that those before had."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Work:
    """Work of made-up seconds, and the clock that tells them.

    Args:
        seconds: By the number of threads.
    """

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds, self.now, self.done = seconds, 0.0, 0

    def __call__(self) -> None:
        """Do it once; the second time, something else keeps the machine busy."""
        self.done += 1
        self.now += self.seconds[torch.get_num_threads()] + (100 if self.done == 2 else 0)

    def clock(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({1: 1.0, 2: 1.2, 4: 1.5, 6: 2.0}, 1),
        ({1: 1.0, 2: 0.95, 4: 0.94, 6: 0.93}, 1),
        ({1: 1.0, 2: 0.6, 4: 0.58, 6: 0.9}, 2),
        ({1: 1.0, 2: 0.6, 4: 0.4, 6: 0.3}, 6),
    ],
)
@pytest.mark.usefixtures("threads")
def test_threads_are_those_that_do_the_work_soonest_and_no_more(
    seconds: dict[int, float], chosen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(module, "cores", lambda: 6)
    torch.set_num_threads(1)
    work = Work(seconds)
    assert settle_threads(work, work.clock) == torch.get_num_threads() == chosen


@pytest.mark.usefixtures("threads")
def test_threads_that_the_user_chose_stay_and_nothing_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(module, "cores", lambda: 6)
    torch.set_num_threads(1)
    work = Work({1: 1.0})
    assert settle_threads(work, work.clock) == 1
    assert work.done == 0
