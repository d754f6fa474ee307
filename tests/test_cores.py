"""How many cores there are for this process."""

import os
from pathlib import Path

import pytest
import torch

from polyhead import cores as module
from polyhead.cores import cores, limit, use_cores


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
