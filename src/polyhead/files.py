"""Files that are whole or not there, and where those are that are kept of earlier runs or for later ones."""

import json
import math
import os
from pathlib import Path
from typing import Any

from polyhead.errors import UserError


def cache_home() -> Path:
    """Return the folder of all caches: `POLYHEAD_CACHE`, or ~/.cache/polyhead."""
    return Path(os.environ.get("POLYHEAD_CACHE") or Path.home() / ".cache" / "polyhead").expanduser()


def short(text: str) -> str:
    """Return a hash of a text that can be a file's name."""
    from hashlib import blake2b  # OpenSSL is behind it, and `polyhead --help` hashes nothing

    return blake2b(text.encode(), digest_size=12).hexdigest()


def is_file(text: str) -> bool:
    """Whether a text is the path of a file; one that is too long for a path is none."""
    try:
        return Path(text).expanduser().is_file()
    except OSError:
        return False


def find_checkpoint(path: Path) -> Path:
    """Return the checkpoint file behind a path to it, or to the run folder that keeps it.

    Raises:
        UserError: If there is none; of a folder of runs, the newest is named.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"no run folder and no checkpoint at {path}")
    found = [path / "checkpoints" / name for name in ("best.ckpt", "last.ckpt")]
    for file in found:
        if file.is_file():
            return file
    runs = sorted(file.parent.parent for file in path.glob("*/checkpoints/best.ckpt"))
    cure = f"take one of the runs in it, such as {runs[-1]}" if runs else "name a run or a checkpoint file"
    raise UserError(f"{path} is no run folder: it has no checkpoints/best.ckpt; {cure}")


def write_text(text: str, path: str | Path) -> None:
    """Write a text file under another name first, so that no reader meets half of it; folders are made.

    Raises:
        UserError: If the file cannot be written.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def json_text(value: Any) -> str:
    """Return plain data as JSON, with null for numbers that are not finite, which JSON has no words for."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
