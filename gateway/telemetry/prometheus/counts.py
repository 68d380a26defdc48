"""Counters and histograms that are cheap to count with.

They are written by the event loop's thread alone and read by another, which at worst sees a count without its sum. So
they need no lock, and a bucket is found by bisection: the children of prometheus_client, which lock at each count and
search their buckets from the first, cost three times as much, and that for twenty counts a request. What Prometheus
reads is made of that library's own families all the same.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final, Generic, Protocol, TypeVar

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

MAX_SERIES: Final = 2000
"""Of one family: past it what is new counts as `other` in every label, so that no configuration can fill the memory."""
OTHER: Final = "other"

Labels = tuple[str, ...]


class Counter:
    """A count that only grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        """Count."""
        self.value += amount


class Histogram:
    """How often values fell into each bucket, and their sum. `bounds` are the buckets' upper bounds, ascending."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value; a bucket holds its upper bound."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class _Series(Protocol):
    """Marks what may be one series of a family."""


Series = TypeVar("Series", bound=_Series)


class Family(dict[Labels, Series], Generic[Series]):
    """The series of one metric by the values of its labels, each made when it is first counted."""

    def __init__(self, name: str, about: str, labels: Sequence[str], make: Callable[[], Series]) -> None:
        super().__init__()
        self.name: Final = name
        self.about: Final = about
        self.labels: Final = tuple(labels)
        self._make: Final = make

    def __missing__(self, labels: Labels) -> Series:
        """Make a series, or return the `other` one where there are too many."""
        if len(self) >= MAX_SERIES:
            labels = (OTHER,) * len(self.labels)
            if labels in self:
                return self[labels]
        made = self[labels] = self._make()
        return made


def counter_metric(family: Family[Counter]) -> Metric:
    """Return a family of counters as Prometheus reads it."""
    metric = CounterMetricFamily(family.name, family.about, labels=family.labels)
    for labels, series in list(family.items()):
        metric.add_metric(labels, series.value)
    return metric


def histogram_metric(family: Family[Histogram], bounds: Sequence[float]) -> Metric:
    """Return a family of histograms as Prometheus reads it."""
    metric = HistogramMetricFamily(family.name, family.about, labels=family.labels)
    for labels, series in list(family.items()):
        metric.add_metric(labels, list(_buckets(bounds, series.counts)), series.sum)
    return metric


def _buckets(bounds: Sequence[float], counts: Sequence[int]) -> Iterator[tuple[str, float]]:
    return zip([*map(floatToGoString, bounds), "+Inf"], accumulate(counts), strict=True)
