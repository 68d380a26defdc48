"""Watching the files of a configuration, so that a change is put into service without a signal."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from watchfiles import Change, awatch

from filters.errors import ConfigError
from gateway.config.files import read_files

_MOUNTED: Final = "..data"
"""The link that Kubernetes puts in place of another when a ConfigMap changes."""
_CHECK_MS: Final = 5000
"""The first pause of so long without a change is when what changed before the watch began is looked for."""
_DEBOUNCE_MS: Final = 400
"""An editor and a deployment write several files; the reload waits until nothing has changed for a moment."""


async def watch(config: Path, changed: Callable[[], Awaitable[Any]]) -> None:
    """Call `changed` whenever config.yaml, or a file that it is read with, has changed, until it is cancelled.

    It is called once more soon after the beginning, for a change that came between the reading of the file and the
    beginning of the watch: a worker takes seconds to start.

    Folders are watched and not files: editors and mounts put a new file in the place of the old. What else lies or is
    written there, a log say, is left alone. The folders are those of the configuration as it is written, whether it
    serves or was refused, so that a file that was missing is noticed when it comes.
    """
    folder = config.parent.resolve()
    config = folder / config.name
    files = frozenset({config})
    while True:
        files = await asyncio.to_thread(_files, config, files)
        await _until_elsewhere(config, files, changed)
        await changed()  # what changed in the new folders before they were watched


async def _until_elsewhere(config: Path, files: frozenset[Path], changed: Callable[[], Awaitable[Any]]) -> None:
    """Watch the folders of these files, until the configuration names a file in another one."""
    folders = await asyncio.to_thread(_folders, files)
    wanted = {*files, *(folder / _MOUNTED for folder in folders)}

    def concerns(_: Change, path: str) -> bool:
        return Path(path) in wanted

    watching = partial(awatch, watch_filter=concerns, recursive=False, debounce=_DEBOUNCE_MS, rust_timeout=_CHECK_MS)
    looked = False
    async for changes in watching(*folders, yield_on_timeout=True):
        nothing, looked = looked and not changes, True
        if not nothing and await asyncio.to_thread(config.exists):
            await changed()
            now = await asyncio.to_thread(_files, config, files)
            wanted |= now
            if await asyncio.to_thread(_folders, now) - folders:
                return


def _files(config: Path, before: frozenset[Path]) -> frozenset[Path]:
    """Return the files of the configuration, by the true names of their folders; those of before where it is broken."""
    try:
        return frozenset(path.parent.resolve() / path.name for path in read_files(config))
    except ConfigError:
        return before


def _folders(files: frozenset[Path]) -> set[Path]:
    return {path.parent for path in files if path.parent.is_dir()}
