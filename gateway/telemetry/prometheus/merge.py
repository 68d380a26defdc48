"""Adding the metrics of several processes up: counts are summed, and a gauge is what its name says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_GAUGE: Final = "gauge"
_OTHERWISE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "pointsman_build_info": max,
        "pointsman_start_time_seconds": max,
        "pointsman_upstream_ejected": max,
        "pointsman_redis_available": min,
        "pointsman_config_generation": max,
        "pointsman_config_last_reload_successful": min,
        "pointsman_config_last_reload_timestamp_seconds": max,
    }
)
"""How gauges of several processes make one, where that is not their sum."""

_Key = tuple[str, tuple[tuple[str, str], ...]]
"""The name of a sample, and its labels."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A family of metrics as it is written: `values` by the name of each sample and its labels."""

    name: str
    about: str
    kind: str
    values: Mapping[_Key, float] = field(default_factory=dict)

    @property
    def is_gauge(self) -> bool:
        """Whether it is true of a moment, and ends with its process."""
        return self.kind == _GAUGE

    @classmethod
    def of(cls, family: Metric) -> "Numbers":
        """Return what a family holds."""
        values = {(sample.name, tuple(sample.labels.items())): sample.value for sample in family.samples}
        return cls(family.name, family.documentation, family.type, values)

    @classmethod
    def from_json(cls, written: Sequence[Any]) -> "Numbers":
        """Read what `as_json` gave."""
        name, about, kind, values = written
        return cls(name, about, kind, {(each, tuple(map(tuple, labels))): value for each, labels, value in values})

    def as_json(self) -> Sequence[Any]:
        """Return it as JSON can hold it."""
        values = [(name, labels, value) for (name, labels), value in self.values.items()]
        return self.name, self.about, self.kind, values


def merged(families: Iterable[Numbers]) -> Sequence[Metric]:
    """Return families of one name as one."""
    sums: dict[str, Numbers] = {}
    for family in families:
        known = sums.get(family.name)
        sums[family.name] = family if known is None else _joined(known, family)
    return [_metric(family) for family in sums.values()]


def _joined(one: Numbers, other: Numbers) -> Numbers:
    values = dict(one.values)
    choose = _OTHERWISE.get(one.name)
    for key, value in other.values.items():
        if key not in values:
            values[key] = value
        else:
            values[key] = values[key] + value if choose is None else choose(values[key], value)
    return Numbers(one.name, one.about, one.kind, values)


def _metric(family: Numbers) -> Metric:
    metric = Metric(family.name, family.about, family.kind)
    metric.samples = [Sample(name, dict(labels), value) for (name, labels), value in family.values.items()]
    return metric
