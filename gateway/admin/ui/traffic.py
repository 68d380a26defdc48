"""`GET /api/traffic?span=1h`: what happened in a span of time.

Where a decision log is in SQLite, it is what is summed up, of all workers and hosts whose files lie together.
Otherwise it is the last requests that the process remembers, whatever the span.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from filters.errors import DownstreamError
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.history import History
from gateway.admin.ui.records import as_json
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError, NoLogError
from gateway.storage.decision_log.traffic import NAMES, Sample, Seen, Span, by_name, by_step, sample
from gateway.storage.decision_log.usage import Used, together

_HOUR: Final = 3600.0
_DAY: Final = 24 * _HOUR
SPANS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "15m": (900.0, 30.0),
        "1h": (_HOUR, 120.0),
        "24h": (_DAY, _HOUR),
        "7d": (7 * _DAY, 6 * _HOUR),
        "30d": (30 * _DAY, _DAY),
    }
)
"""How long a span is, and its steps, in seconds."""
_DEFAULT: Final = "1h"
_STEPS: Final = 30
"""Into how many the time of the requests is divided that are remembered."""
_MOST_NAMES: Final = 50
_QUANTILES: Final = (50, 95, 99)
_LINES: Final = "The decision log is in JSON lines, which `pointsman report` sums up and this page does not."


@dataclass(frozen=True, slots=True)
class Happened:
    """What a span adds up to: by step, by (route, model, caller), and a sample of its requests."""

    span: Span
    steps: Sequence[Used]
    names: Mapping[tuple[str, str, str], Used]
    sample: Sample


def traffic_routes(ports: AdminPorts, history: History, clock: Callable[[], float] = time.time) -> Sequence[Route]:
    """Return the route."""

    async def traffic(request: web.Request) -> web.Response:
        name = request.query.get("span", _DEFAULT)
        if name not in SPANS:
            raise DownstreamError(400, f"span must be one of {', '.join(SPANS)}")
        note = _LINES if history.on else None
        if history.whole:
            try:
                return json_answer(await history.read(f"traffic {name}", lambda log: logged(log, name, clock())))
            except NoLogError:
                note = "Nothing has been written to the decision log yet."
            except LogError as error:
                note = f"The decision log could not be read: {error}."
        return json_answer(remembered([as_json(each) for each in ports.live.recent()]) | {"note": note})

    return [Route("GET", "/api/traffic", traffic)]


def logged(log: Log, name: str, now: float) -> dict[str, Any]:
    """Return what the log says of a span that ends now. Its steps begin where those of all clocks do, in UTC."""
    length, step = SPANS[name]
    until = (now // step + 1) * step
    span = Span(until - max(step, length), until, step)
    return shown(Happened(span, by_step(log, span), by_name(log, span), sample(log, span)), source="log", span=name)


def remembered(requests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what requests add up to, given as the page gets them, in any order."""
    times = [each["at"] for each in requests]
    since = min(times, default=0.0)
    length = max(times, default=0.0) - since
    span = Span(since, since + length + 1e-3, max(length / _STEPS, 1e-3))
    steps = [Used()] * span.count
    names: dict[tuple[str, str, str], Used] = {}
    for each in requests:
        used = _used(each)
        place = span.place(each["at"])
        steps[place] = steps[place].plus(used)
        key = ((each["decision"] or {}).get("route") or "", each["model"] or "", each["caller"] or "")
        names[key] = names.get(key, Used()).plus(used)
    found = Sample([_seen(each) for each in requests], len(requests))
    return shown(Happened(span, steps, names, found), source="memory", span=None)


def shown(happened: Happened, *, source: str, span: str | None) -> dict[str, Any]:
    """Return it for the page. Times are in milliseconds, money in US dollars, moments in seconds since the epoch.

    `decided_by`, `duration`, `ttft` and the times of steps are those of `sampled` requests of `total`. `source` is
    `log` or `memory`.
    """
    found = happened.sample
    return {
        "source": source,
        "span": span,
        "since": happened.span.since,
        "until": happened.span.until,
        "step": happened.span.step,
        "totals": _sums(together(happened.names.values())),
        "names": {name: _named(happened.names, at) for at, name in enumerate(NAMES)},
        "decided_by": Counter("pin" if each.pinned else each.decided_by or "nothing" for each in found.requests),
        "sampled": len(found.requests),
        "total": found.total,
        "duration": quantiles(each.duration for each in found.requests),
        "ttft": quantiles(each.ttft for each in found.requests),
        "steps": _steps(happened),
    }


def quantiles(seconds: Iterable[float | None]) -> Mapping[str, float] | None:
    """Return the quantiles of times in milliseconds, by nearest rank; None where there is no time."""
    ranked = sorted(each for each in seconds if each is not None)
    if not ranked:
        return None
    return {f"p{share}": round(ranked[ceil(share / 100 * len(ranked)) - 1] * 1e3, 2) for share in _QUANTILES}


def _steps(happened: Happened) -> Sequence[Mapping[str, Any]]:
    seen: dict[int, list[Seen]] = defaultdict(list)
    for each in happened.sample.requests:
        seen[happened.span.place(each.at)].append(each)
    return [
        {
            "at": happened.span.since + number * happened.span.step,
            **_sums(used),
            "duration": quantiles(each.duration for each in seen[number]),
            "ttft": quantiles(each.ttft for each in seen[number]),
        }
        for number, used in enumerate(happened.steps)
    ]


def _named(names: Mapping[tuple[str, str, str], Used], at: int) -> Mapping[str, Any]:
    """Return the sums of each route, model or caller, the most used first, and how many are left out."""
    sums: dict[str, Used] = {}
    for key, used in names.items():
        sums[key[at]] = sums.get(key[at], Used()).plus(used)
    ranked = sorted(sums.items(), key=lambda item: (-item[1].requests, item[0]))
    rows = [{"name": name, **_sums(used)} for name, used in ranked[:_MOST_NAMES]]
    return {"rows": rows, "more": len(ranked) - len(rows)}


def _sums(used: Used) -> dict[str, Any]:
    return asdict(used) | {"saved_share": used.saved_share}


def _seen(request: Mapping[str, Any]) -> Seen:
    decision, first = request["decision"] or {}, request["ttft_ms"]
    return Seen(
        request["at"],
        request["ms"] / 1e3,
        None if first is None else first / 1e3,
        decision.get("decided_by"),
        decision.get("pinned"),
    )


def _used(request: Mapping[str, Any]) -> Used:
    tokens, cost, baseline = request["tokens"], request["cost"], request["baseline_cost"]
    both = cost is not None and baseline is not None
    return Used(
        requests=1,
        errors=int(request["status"] >= 400 or request["broken"] is not None),
        input_tokens=(tokens or {}).get("input") or 0,
        output_tokens=(tokens or {}).get("output") or 0,
        cost=cost or 0.0,
        unknown=int(tokens is not None and cost is None),
        baseline=baseline if both else 0.0,
        saved=baseline - cost if both else 0.0,
        estimated=int(tokens is not None and request["usage_estimated"]),
    )
