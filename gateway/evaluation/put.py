"""Putting a file in the place of another at once, so that nobody reads half of one."""

import os
import tempfile
from pathlib import Path
from typing import Final

_NEW: Final = 0o644


def put(target: Path, data: bytes) -> None:
    """Write a file; one that is there keeps its mode. Raises OSError, and leaves what was there."""
    mode = target.stat().st_mode & 0o777 if target.exists() else _NEW
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
