"""What the C library is told, and Python's collector."""

import gc
import subprocess
import sys

import pytest

from polyhead import memory

CODE = """
import resource, torch
from polyhead.memory import keep_memory
{told}
torch.ones(12_000_000).sum()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(12_000_000).sum()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(told: str) -> int:
    """Return the page faults of twenty tensors of 48 MB in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(told=told)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_memory_that_is_kept_is_not_fetched_anew() -> None:
    assert faults("keep_memory()") < faults("") / 4


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert memory.keep_memory() is False


def test_garbage_waits_while_modules_are_imported_and_is_looked_for_afterwards() -> None:
    try:
        with memory.uncollected():
            assert not gc.isenabled()
            made: list[object] = []
            assert any(one is made for one in gc.get_objects())
        assert gc.isenabled()
        assert not any(one is made for one in gc.get_objects())
    finally:
        gc.unfreeze()


def test_garbage_is_looked_for_after_a_failed_import_too() -> None:
    try:
        with pytest.raises(ModuleNotFoundError), memory.uncollected():
            raise ModuleNotFoundError("torch")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
