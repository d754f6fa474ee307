"""Memory that is used again and again, and neither fetched anew from the system nor searched for garbage each time."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
"""Numbers of glibc's `mallopt`."""
OPTIONS = {TRIM_THRESHOLD: 1 << 30, TOP_PAD: 1 << 26, MMAP_THRESHOLD: 1 << 30}
"""Bytes: what is freed stays, what is fetched comes in large pieces, and no block is mapped on its own."""


def keep_memory() -> bool:
    """Tell the C library to keep freed memory for the next tensor, and return whether it could be told.

    glibc hands large blocks back to the system as soon as a tensor dies, and fetches them anew, page fault by page
    fault, for the next: 22 of the 96 ms of a training step, where it was measured. The price is that the process stays
    as large as it once was. Other C libraries are left alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # takes time that `polyhead --help` does without

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    told = [mallopt(option, value) for option, value in OPTIONS.items()]
    return all(told)


@contextmanager
def uncollected() -> Iterator[None]:
    """Import what is large within: Python then looks for cycles of garbage neither meanwhile nor, later, in all that.

    A module makes few cycles and thousands of functions, among which the collector would look time and again: a sixth
    of the time of importing torch, where it was measured.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
