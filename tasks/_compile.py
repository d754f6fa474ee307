"""Compiled backbones."""

import os
import shutil

from torch import nn

from polyhead.errors import UserError

COMPILERS = ("g++", "clang++", "c++")


def compile_part(part: nn.Module) -> None:
    """Let torch compile a part of the network when it is first run; names of weights and copies stay as they are.

    Raises:
        UserError: If there is no C++ compiler, which torch needs on every device.
    """
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or COMPILERS[0], *COMPILERS)):
        raise UserError(
            f"task.compile=true needs a C++ compiler ({', '.join(COMPILERS)}, or what CXX names), and none is there;"
            " install one, or set task.compile=false"
        )
    part.compile()
