"""Checkpoints that are whole or not there, whenever the process dies."""

import os
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io import CheckpointIO

from polyhead.errors import UserError


class WholeFiles(CheckpointIO):
    """Writes a checkpoint under another name, and gives it its own once every byte is on the disk.

    Lightning's own writer copies the file into its place, and a process that is killed meanwhile leaves half of it.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:  # noqa: ARG002  # Lightning's signature
        """Write the file; folders are made.

        Raises:
            UserError: If it cannot be written; what was there before stays.
        """
        target = Path(path)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except (OSError, RuntimeError) as error:  # torch says RuntimeError where the disk is full
            beside.unlink(missing_ok=True)
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise UserError(
                f"{target} cannot be written: {reason}; free some space, then go on with --resume"
            ) from error

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:  # noqa: ARG002  # Lightning's signature
        """Return what a file holds, on the CPU unless told otherwise; only plain data are read."""
        held: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return held

    def remove_checkpoint(self, path: Any) -> None:
        """Delete the file if it is there."""
        Path(path).unlink(missing_ok=True)
