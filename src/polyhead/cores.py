"""How many cores this process may use, which is often fewer than the machine has."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT = Path("/")
"""Where the system's files are."""
ROUNDS: Final = 3
WORTH: Final = 0.9
"""Further threads have to bring the time below this share of what fewer take."""


def cores() -> int:
    """Return how many cores this process may use, >= 1: those that it is bound to, within its control group's limit.

    A container with `--cpus=2` sees all cores of its machine; who starts a thread on each of them waits most of the
    time.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(bound, limit())))


def limit() -> float:
    """Return the cores that the control groups of this process may use together; infinity where nothing limits them."""
    told = _words(ROOT / "proc/self/cgroup")
    home = Path(next((line.removeprefix("0::").strip("/") for line in told if line.startswith("0::")), ""))
    groups = [] if ".." in home.parts else [home, *home.parents]  # one outside of what the container sees
    places = [ROOT / "sys/fs/cgroup" / group for group in (Path(), *groups)]
    limits = [_share(*_words(place / "cpu.max")[:2]) for place in places]
    old = ROOT / "sys/fs/cgroup/cpu"
    limits.append(_share(*_words(old / "cpu.cfs_quota_us")[:1], *_words(old / "cpu.cfs_period_us")[:1]))
    return min(limits)


def use_cores() -> None:
    """Let torch have no more threads than there are cores for them; `OMP_NUM_THREADS` has the last word."""
    import torch

    if "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() > cores():
        torch.set_num_threads(cores())


def settle_threads(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> int:
    """Let torch have as many threads as do some work soonest, and return how many; `OMP_NUM_THREADS` has the last word.

    What is small, such as a batch of molecules, one thread has done before several have shared it out. So the work is
    timed: once to warm up, then by 1, 2, 4 ... threads in turn, as many as there are cores; the best of three rounds
    counts, and more threads only where they save a tenth.

    Args:
        work: What is typical of all that follows, such as a training step; it is done several times.
        clock: Returns seconds.
    """
    import torch

    most = cores()
    if "OMP_NUM_THREADS" in os.environ or most == 1:
        use_cores()
        return int(torch.get_num_threads())
    counts = [*(1 << power for power in range(most.bit_length()) if 1 << power < most), most]
    taken = dict.fromkeys(counts, math.inf)
    work()
    for count in counts * ROUNDS:
        torch.set_num_threads(count)
        begin = clock()
        work()
        taken[count] = min(taken[count], clock() - begin)
    best = counts[0]
    for count in counts[1:]:
        best = count if taken[count] < WORTH * taken[best] else best
    torch.set_num_threads(best)
    return best


def _words(path: Path) -> list[str]:
    """Return the words in a file, [] where there is none."""
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:
        return []


def _share(quota: str = "max", period: str = "0") -> float:
    """Return microseconds of processor time in each period as cores; "max" and -1 stand for no limit."""
    if not quota.isdecimal() or not period.isdecimal() or not int(period):
        return math.inf
    return int(quota) / int(period)
