"""Watching the folder of config.yaml, so that a change is put into service without a signal."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from watchfiles import Change, awatch

_READ: Final = frozenset({".yaml", ".yml", ".json", ".jsonl", ".txt"})
"""What a configuration or the files that it names end in: a log in the same folder is none of these."""
_MOUNTED: Final = "..data"
"""The link that Kubernetes puts in place of another when a ConfigMap changes."""
_DEBOUNCE_MS: Final = 400
"""An editor and a deployment write several files; the reload waits until nothing has changed for a moment."""


async def watch(config: Path, changed: Callable[[], Awaitable[Any]]) -> None:
    """Call `changed` whenever a file beside the configuration has changed, until it is cancelled.

    The folder is watched and not the file: editors and mounts put a new file in the place of the old. What a
    configuration names elsewhere (a secret under `/run/secrets`) is read again at the next reload.
    """

    def concerns(_: Change, path: str) -> bool:
        name = Path(path).name
        return name in {config.name, _MOUNTED} or Path(path).suffix in _READ

    async for _ in awatch(config.parent.resolve(), watch_filter=concerns, recursive=False, debounce=_DEBOUNCE_MS):
        if await asyncio.to_thread(config.exists):
            await changed()
