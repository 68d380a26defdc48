"""What a config.yaml written for Plano says in other words: older names and other places for the same thing.

Runs before the shape is checked, and changes the document in place. Marks move along, so that errors still name the
lines and the keys that the author wrote.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from filters.errors import did_you_mean
from gateway.config.document import YamlList, YamlMapping, find
from gateway.config.plano_unsupported import refuse_unsupported
from gateway.config.report import Mark, Report

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_OVERRIDES: Final = {
    "llm_routing_model": ("routing", "model"),
    "router_model": ("routing", "model"),
    "orchestrator_model_context_length": ("routing", "llm", "history_tokens"),
    "upstream_connect_timeout": ("limits", "connect_timeout_seconds"),
}
_SOURCES: Final = {
    "digitalocean_pricing": ("cost", "digitalocean"),
    "cost_metrics": ("cost", "custom"),
    "prometheus_metrics": ("latency", "prometheus"),
}


def translate(root: YamlMapping, report: Report, *, ignore_unsupported: bool) -> None:
    """Turn Plano's forms into ours. What has no counterpart is an error, or with `ignore_unsupported` a warning."""
    if "llm_providers" in root:
        _move(root, "llm_providers", root, ("model_providers",), report)
    _legacy_listeners(root)
    refuse_unsupported(root, report, ignore=ignore_unsupported)
    _listener_limits(root, report)
    _inline_routes(root, report)
    _overrides(root, report)
    _routing_model(root, report)
    _metrics_sources(root)


def _move(holder: YamlMapping, key: str, root: YamlMapping, path: tuple[str, ...], report: Report) -> None:
    """Move a member to a path from the root. It is an error if something else stands there."""
    value, mark = holder.take(key)
    target = root
    for step in path[:-1]:
        if step not in target:
            target.put(step, YamlMapping(), mark)
        target = target[step]
        if not isinstance(target, YamlMapping):
            return  # the shape check says what is wrong with it
    if path[-1] in target and target[path[-1]] != value:
        report.error(mark, f"means the same as {target.marks[path[-1]].path}, which differs; keep one of them")
    else:
        target.put(path[-1], value, mark)


def _legacy_listeners(root: YamlMapping) -> None:
    """Turn `listeners: {egress_traffic: ..., ingress_traffic: ...}` into a model and a prompt listener."""
    if not isinstance(root.get("listeners"), YamlMapping):
        return
    legacy, mark = root.take("listeners")
    listeners = YamlList()
    for name, kind in (("egress_traffic", "model"), ("ingress_traffic", "prompt")):
        if isinstance(legacy.get(name), YamlMapping):
            listener, at = legacy.take(name)
            listener.pop("message_format", None)
            listener.put("type", kind, at)
            listener.put("name", name, at)
            listeners.put(listener, at)
    root.put("listeners", legacy or listeners, mark)


def _listener_limits(root: YamlMapping, report: Report) -> None:
    """Make limits of a listener's `timeout` and `max_retries`; the timeout is that to the first byte."""
    for holder, key, mark in list(find(root, ("listeners", "*", "timeout"))):
        holder[key] = _seconds(holder[key], mark, report)
        _move(holder, key, root, ("limits", "first_byte_timeout_seconds"), report)
    for holder, key, _ in list(find(root, ("listeners", "*", "max_retries"))):
        _move(holder, key, root, ("limits", "max_retries"), report)


def _seconds(value: Any, mark: Mark, report: Report) -> Any:
    """Read a duration such as `30s`; a number is in seconds."""
    if not isinstance(value, str):
        return value
    if (match := _DURATION.fullmatch(value.strip())) is None:
        report.error(mark, "must be a duration such as 500ms, 30s or 5m")
        return 1.0
    return float(match[1]) * _UNITS[match[2]]


def _inline_routes(root: YamlMapping, report: Report) -> None:
    """Move routes from under their providers to the top; one that several providers have gets several models."""
    moved = YamlList()
    for provider, entry, mark in _inline_entries(root):
        known = next((route for route in moved if route.get("name") == entry.get("name")), None)
        if known is None:
            known = entry
            known.put("models", YamlList(), mark)
            moved.put(known, mark)
        elif known.get("description") != entry.get("description"):
            line = moved.marks[moved.index(known)].line
            report.error(mark, f"the route {entry.get('name')!r} has another description on line {line}")
        known["models"].put(provider.get("model"), provider.marks.get("model", mark))
    if not moved:
        return
    routes = root.get("routing_preferences")
    if not isinstance(routes, YamlList):
        routes = YamlList()
        root.put("routing_preferences", routes, moved.marks[0])
    for route, mark in zip(moved, moved.marks, strict=True):
        routes.put(route, mark)


def _inline_entries(root: YamlMapping) -> Iterator[tuple[YamlMapping, YamlMapping, Mark]]:
    for provider, key, _ in list(find(root, ("model_providers", "*", "routing_preferences"))):
        if isinstance(provider[key], YamlList) and all(isinstance(entry, YamlMapping) for entry in provider[key]):
            entries, _ = provider.take(key)
            yield from ((provider, entry, mark) for entry, mark in zip(entries, entries.marks, strict=True))


def _overrides(root: YamlMapping, report: Report) -> None:
    if not isinstance(root.get("overrides"), YamlMapping):
        return
    overrides, _ = root.take("overrides")
    for key in list(overrides):
        if key not in _OVERRIDES:
            report.error(overrides.marks[key], f"unknown key{did_you_mean(key, _OVERRIDES)}")
            continue
        if key == "upstream_connect_timeout":
            overrides[key] = _seconds(overrides[key], overrides.marks[key], report)
        _move(overrides, key, root, _OVERRIDES[key], report)


def _routing_model(root: YamlMapping, report: Report) -> None:
    """Let the model that Plano routes with be the LLM classifier's; who names one wants it to decide."""
    routing = root.get("routing")
    for key in ("llm_provider", "model_provider", "model"):
        if isinstance(routing, YamlMapping) and key in routing:
            mark = routing.marks[key]
            _move(routing, key, root, ("routing", "llm", "model"), report)
            if "classifier" not in routing:
                routing.put("classifier", "llm", mark)


def _metrics_sources(root: YamlMapping) -> None:
    for holder, key, mark in list(find(root, ("model_metrics_sources", "*", "type"))):
        if isinstance(holder[key], str) and holder[key] in _SOURCES:
            kind, provider = _SOURCES[holder[key]]
            holder.put("type", kind, mark)
            holder.put("provider", provider, mark)
