"""Checkpoints that are whole or not there, whenever the process dies."""

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io import CheckpointIO

from polyhead.checkpoints import store
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
        try:
            store(checkpoint, Path(path))
        except UserError as error:
            raise UserError(f"{error}; free some space, then go on with --resume") from error

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:  # noqa: ARG002  # Lightning's signature
        """Return what a file holds, on the CPU unless told otherwise; only plain data are read."""
        held: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return held

    def remove_checkpoint(self, path: Any) -> None:
        """Delete the file if it is there."""
        Path(path).unlink(missing_ok=True)
