"""What the last `pointsman test` found, in a file that the page of the admin listener reads.

Figures alone: no prompt stands in it. It tells which routes were tested by a digest of all that decides about them, so
that a reader can say that they have changed since.
"""

import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from filters.errors import ConfigError
from filters.routing.classifier import Route
from gateway.evaluation import measures
from gateway.evaluation.put import put
from gateway.evaluation.result import Result

_DIGEST_BYTES: Final = 16


def save_test(path: Path, result: Result, routes: Iterable[Route], threshold: float | None) -> None:
    """Write the figures of a result. Raises ConfigError where that cannot be."""
    counts = measures.confusion(result.outcomes)
    rates = measures.rates(result.outcomes)
    figures = {
        "at": time.time(),
        "labels": result.labels,
        "digest": digest(routes, threshold),
        "ok": result.holds,
        "count": rates.count,
        "accuracy": rates.accuracy,
        "flips": rates.flips,
        "routes": {
            each.route or "": {"precision": each.precision, "recall": each.recall, "support": each.support}
            for each in measures.per_route(counts, (*result.routes, None))
        },
    }
    try:
        put(path, orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise ConfigError(f"admin.test_results: {path} cannot be written: {error.strerror}") from None


def last_test(path: Path) -> dict[str, Any] | None:
    """Return what was written, None where nothing was. Raises ConfigError for a file that is something else."""
    try:
        figures = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError:
        figures = None
    if not isinstance(figures, dict) or not isinstance(figures.get("routes"), dict):
        raise ConfigError(f"{path}: is not what `pointsman test` writes; let it write anew")
    return figures


def digest(routes: Iterable[Route], threshold: float | None) -> str:
    """Return what tells these routes, as they are decided about, from any others."""
    said = [[each.name, each.description, each.examples, each.threshold] for each in routes]
    return blake2b(orjson.dumps([said, threshold]), digest_size=_DIGEST_BYTES).hexdigest()
