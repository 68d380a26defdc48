"""Latencies of models: what Prometheus says, and what this gateway measures when a provider begins to answer.

All are compared as they are, so that a query may give seconds or milliseconds, as long as it gives one of them for all.
"""

from collections import deque
from collections.abc import Iterator
from math import ceil
from typing import Any, Final

import orjson

from gateway.pricing.table import SourceError, Table, usable

_LABELS: Final = ("model_name", "model")
_QUANTILE: Final = 0.95


def parse_vector(document: bytes) -> Table:
    """Return the latencies in an answer of Prometheus' instant query API, by the label `model_name` or `model`.

    Of several series of one model, such as those of several instances, the slowest counts. A series without a label or
    with a value that is no latency, such as the NaN of a model without traffic, is skipped. Raises SourceError.
    """
    values: dict[str, float] = {}
    skipped = 0
    for model, latency in map(_sample, _series(document)):
        if model is None or latency is None:
            skipped += 1
        else:
            values[model] = max(latency, values.get(model, 0.0))
    if not values:
        raise SourceError("there is no latency of a model in it")
    return Table(values, skipped)


def _series(document: bytes) -> Iterator[Any]:
    try:
        parsed: Any = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise SourceError("it is not JSON") from None
    data = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(data, dict) or data.get("resultType") != "vector" or not isinstance(data.get("result"), list):
        raise SourceError("it is not an instant vector")
    yield from data["result"]


def _sample(series: Any) -> tuple[str | None, float | None]:
    match series:
        case {"metric": dict(labels), "value": [_, str(text)]}:
            model = next((labels[label] for label in _LABELS if isinstance(labels.get(label), str)), None)
            return model, _number(text)
    return None, None


def _number(text: str) -> float | None:
    try:
        return usable(float(text))
    except ValueError:
        return None


class Latencies:
    """The time from sending a request until its answer begins, in seconds: the last `window` of each model.

    Where there are more than `max_models`, the one that has been here for longest is forgotten: with `provider/*`,
    callers choose the names.
    """

    def __init__(self, window: int = 64, max_models: int = 256) -> None:
        self._window = window
        self._max_models = max_models
        self._seconds: dict[str, deque[float]] = {}

    def record(self, model: str, seconds: float) -> None:
        """Note how long a model took to begin an answer."""
        if (measured := self._seconds.get(model)) is None:
            if len(self._seconds) >= self._max_models:
                del self._seconds[next(iter(self._seconds))]
            measured = self._seconds[model] = deque(maxlen=self._window)
        measured.append(seconds)

    def table(self) -> Table:
        """Return the 95th percentile of each model, by nearest rank."""
        return Table({model: _percentile(measured) for model, measured in self._seconds.items()})


def _percentile(measured: deque[float]) -> float:
    return sorted(measured)[ceil(_QUANTILE * len(measured)) - 1]
