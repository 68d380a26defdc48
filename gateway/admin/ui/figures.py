"""What the metrics count, by name and labels: since the start, and of all workers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_BUCKET = "le"


class Figures:
    """The samples of families of metrics."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        for family in families:
            for sample in family.samples:
                self._samples[sample.name].append(sample)

    def by(self, name: str, label: str, **where: str) -> Mapping[str, float]:
        """Return the sums of a counter by one label, of the series that have these other labels."""
        sums: dict[str, float] = {}
        for sample in self._found(name, where):
            key = sample.labels[label]
            sums[key] = sums.get(key, 0.0) + sample.value
        return sums

    def total(self, name: str, **where: str) -> float:
        """Return the sum of a counter, over the series that have these labels."""
        return sum(sample.value for sample in self._found(name, where))

    def quantile(self, name: str, share: float, **where: str) -> float | None:
        """Return a quantile of a histogram, spread evenly within its bucket; None where nothing was counted.

        What lies above the last bound counts as that bound.
        """
        counts: dict[float, float] = {}
        for sample in self._found(f"{name}_bucket", where):
            bound = float(sample.labels[_BUCKET])
            counts[bound] = counts.get(bound, 0.0) + sample.value
        return _quantile(sorted(counts.items()), share)

    def _found(self, name: str, where: Mapping[str, str]) -> Iterator[Sample]:
        for sample in self._samples.get(name, ()):
            if all(sample.labels.get(label) == value for label, value in where.items()):
                yield sample


def _quantile(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    """Return a quantile of (upper bound, count up to it), in the order of the bounds."""
    wanted = share * buckets[-1][1] if buckets else 0.0
    if not wanted:
        return None
    below = low = 0.0
    for bound, count in buckets:
        if count >= wanted:
            return low if bound == float("inf") else low + (bound - low) * (wanted - below) / (count - below)
        below, low = count, bound
    return low
