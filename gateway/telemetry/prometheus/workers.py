"""The metrics of all workers of one gateway, whichever of them is asked.

Workers are processes, and share a directory that their parent has made. Each writes what it has counted into a file of
its own, every `PUBLISH_SECONDS` and when it ends; who is asked adds the files up with what it has counted itself.

- A worker that has crashed is counted on as far as it came, so that no counter ever falls; it loses what it had counted
  since it wrote last. Its gauges end with it.
- The files of workers that are gone are added up into one, so that the directory does not grow with every crash.

prometheus_client has a way of its own, files that are mapped into memory. It costs a write into the file for every
count, keeps the files of the dead for ever, and cannot hold what is read when it is asked for (pins, ejections).
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from prometheus_client.metrics_core import Metric

from gateway.telemetry.prometheus.merge import Numbers, merged

PUBLISH_SECONDS: Final = 2.0
STALE_SECONDS: Final = 10.0
"""The gauges of a worker that has not written for so long do not count."""
_ENDED: Final = "ended.json"


@dataclass(frozen=True, slots=True)
class _Published:
    path: Path
    families: Sequence[Numbers]
    fresh: bool
    gone: bool


class SharedMetrics:
    """A worker's part of the directory. Its methods read and write files, so they are for a thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own = directory / f"{os.getpid()}-{time.time_ns()}.json"

    def publish(self, families: Iterable[Metric]) -> None:
        """Write what this worker has counted."""
        _write(self._own, [Numbers.of(family) for family in families])

    def summed(self, families: Iterable[Metric]) -> Sequence[Metric]:
        """Return these families with those of all other workers added."""
        with self._locked():
            published = [_read(path) for path in sorted(self._directory.glob("*.json")) if path != self._own]
            gone = [each for each in published if each.gone]
            if len(gone) > 1:
                self._fold(gone)
        others = (numbers for each in published for numbers in each.families if each.fresh or not numbers.is_gauge)
        return merged((*(Numbers.of(family) for family in families), *others))

    def _fold(self, gone: Sequence[_Published]) -> None:
        """Make one file of those of workers that are gone."""
        counts = [numbers for each in gone for numbers in each.families if not numbers.is_gauge]
        _write(self._directory / _ENDED, [Numbers.of(family) for family in merged(counts)])
        for each in gone:
            if each.path.name != _ENDED:
                each.path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others from reading while files are made one."""
        with (self._directory / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write(path: Path, families: Sequence[Numbers]) -> None:
    """Replace a file at once, so that nobody reads half of one."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(orjson.dumps([numbers.as_json() for numbers in families]))
    draft.replace(path)


def _read(path: Path) -> _Published:
    fresh = time.time() - path.stat().st_mtime < STALE_SECONDS
    families = [Numbers.from_json(each) for each in orjson.loads(path.read_bytes())]
    gone = path.name == _ENDED or not (fresh or _lives(int(path.name.partition("-")[0])))
    return _Published(path, families, fresh and path.name != _ENDED, gone)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
