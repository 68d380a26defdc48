"""The last requests summed up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final

from filters.record import RequestRecord

BUCKETS: Final = 30


def traffic(records: Sequence[RequestRecord]) -> Mapping[str, Any]:
    """Return sums over records, which are oldest first.

    `cost` and `baseline` are in US dollars over what has a known price, and `unpriced` is how many proxied requests
    have none. Latencies are in milliseconds. `over_time` splits the time from the first record to the last into equal
    parts.
    """
    priced = [each for each in records if each.cost is not None]
    return {
        "requests": len(records),
        "errors": sum(each.status >= 400 for each in records),
        "pinned": sum(each.decision is not None and each.decision.pinned for each in records),
        "tokens": _tokens(records),
        "cost": sum(each.cost or 0.0 for each in priced),
        "baseline": sum(each.baseline_cost or each.cost or 0.0 for each in priced),
        "unpriced": sum(bool(each.attempts) and each.cost is None for each in records),
        "routes": _counted(each.decision.route or "none" for each in records if each.decision),
        "models": _counted(each.model for each in records if each.model),
        "callers": _counted(each.caller for each in records if each.caller),
        "latency": _latencies([each.duration for each in records]),
        "ttft": _latencies([each.time_to_first_token for each in records if each.time_to_first_token is not None]),
        "over_time": _over_time(records),
    }


def share_of_routes(records: Iterable[RequestRecord]) -> Mapping[str, int]:
    """Return how many of the records were decided for each route."""
    return Counter(each.decision.route for each in records if each.decision and each.decision.route)


def _tokens(records: Sequence[RequestRecord]) -> Mapping[str, int]:
    usages = [each.usage for each in records if each.usage]
    return {
        "input": sum(usage.input_tokens or 0 for usage in usages),
        "output": sum(usage.output_tokens or 0 for usage in usages),
    }


def _counted(names: Iterable[str]) -> Sequence[Mapping[str, Any]]:
    return [{"name": name, "requests": count} for name, count in Counter(names).most_common()]


def _latencies(seconds: Sequence[float]) -> Mapping[str, float] | None:
    """Return percentiles by nearest rank, None where there is nothing to rank."""
    if not seconds:
        return None
    ranked = sorted(seconds)
    return {f"p{share}": round(ranked[ceil(share / 100 * len(ranked)) - 1] * 1e3, 2) for share in (50, 95, 99)}


def _over_time(records: Sequence[RequestRecord]) -> Sequence[Mapping[str, Any]]:
    if not records:
        return []
    begin, end = records[0].at, records[-1].at
    width = max((end - begin) / BUCKETS, 1e-3)
    parts: dict[int, list[RequestRecord]] = defaultdict(list)
    for each in records:
        parts[min(BUCKETS - 1, max(0, int((each.at - begin) / width)))].append(each)
    return [
        {
            "at": begin + number * width,
            "requests": len(part := parts.get(number, [])),
            "errors": sum(each.status >= 400 for each in part),
            "cost": sum(each.cost or 0.0 for each in part),
            "baseline": sum(each.baseline_cost or each.cost or 0.0 for each in part),
        }
        for number in range(BUCKETS)
    ]
