"""Plano's keys for parts that Pointsman does not have, each with the sentence that its user is told."""

from collections.abc import Callable
from typing import Final

from gateway.config.document import YamlList, YamlMapping, find
from gateway.config.report import Mark, Report

_AGENTS: Final = "Pointsman routes to models and runs no agents"
_PROMPTS: Final = "Pointsman has no prompt gateway; it decides which model serves a request"
_FILTERS: Final = "Pointsman calls no HTTP or MCP filters; its own filter chain is the list of names in `filters`"
_STATE: Final = "Pointsman stores no conversations, it only remembers which model a session uses"
_INSIDE: Final = "it is about the inside of Plano"

UNSUPPORTED: Final = {
    ("agents",): _AGENTS,
    ("endpoints",): "endpoints serve agents and prompt targets, which Pointsman does not have",
    ("mode",): _PROMPTS,
    ("prompt_caching",): "Pointsman adds no cache markers; a session pin keeps a conversation on its model",
    ("prompt_guards",): "Pointsman judges no prompts",
    ("prompt_targets",): _PROMPTS,
    ("ratelimits",): "Pointsman limits callers: `requests_per_minute` and its like stand in `api_keys`",
    ("state_storage",): _STATE,
    ("state_storage_v1_responses",): _STATE,
    ("system_prompt",): "Pointsman adds nothing to prompts",
    ("listeners", "*", "agents"): _AGENTS,
    ("listeners", "*", "router"): _AGENTS,
    ("listeners", "*", "input_filters"): _FILTERS,
    ("listeners", "*", "output_filters"): _FILTERS,
    ("model_providers", "*", "retry_policy"): (
        "the `models` of a route are asked in their order, each as often as `max_retries` says"
    ),
    ("overrides", "agent_orchestration_model"): _AGENTS,
    ("overrides", "use_agent_orchestrator"): _AGENTS,
    ("overrides", "optimize_context_window"): "Pointsman does not rewrite conversations",
    ("overrides", "prompt_target_intent_matching_threshold"): _PROMPTS,
    ("overrides", "upstream_tls_ca_path"): "certificates are checked against the system's store; set SSL_CERT_FILE",
    ("routing", "routing_budget"): "Pointsman does not price a change of model; a session pin keeps its model",
    ("tracing", "exporters"): "Pointsman exports to one receiver: opentracing_grpc_endpoint, or otlp_http_endpoint",
    (
        "tracing",
        "span_attributes",
        "header_prefixes",
    ): "Pointsman puts no headers into spans, since keys travel in them",
}
"""By pattern; `*` is every member."""

HARMLESS: Final = {
    ("overrides", "disable_signals"): "Pointsman analyses no signals",
    ("tracing", "trace_arch_internal"): _INSIDE,
}
"""Keys that change nothing when they are left out: dropped with a warning."""
_LISTENERS: Final = {"prompt": _PROMPTS, "agent": _AGENTS}


def refuse_unsupported(root: YamlMapping, report: Report, *, ignore: bool) -> None:
    """Take out what Pointsman does not have, with an error for each; with `ignore`, a warning."""
    tell = report.warn if ignore else report.error
    for pattern, why in UNSUPPORTED.items():
        for holder, key, mark in list(find(root, pattern)):
            tell(mark, f"not supported: {why}{_hint(ignore)}")
            holder.take(key)
    for pattern, why in HARMLESS.items():
        for holder, key, mark in list(find(root, pattern)):
            report.warn(mark, f"ignored: {why}")
            holder.take(key)
    _filters(root, tell, _hint(ignore))
    _listeners(root, tell, _hint(ignore))


def _hint(ignore: bool) -> str:  # noqa: FBT001 - the option's own value
    return "" if ignore else " (--ignore-unsupported leaves it out)"


def _filters(root: YamlMapping, tell: Callable[[Mark, str], None], hint: str) -> None:
    """Plano's `filters` are objects with an `id`; ours are names, or one name with its options."""
    filters = root.get("filters")
    if isinstance(filters, YamlList) and any(isinstance(entry, YamlMapping) and "id" in entry for entry in filters):
        tell(root.take("filters")[1], f"not supported: {_FILTERS}{hint}")


def _listeners(root: YamlMapping, tell: Callable[[Mark, str], None], hint: str) -> None:
    listeners = root.get("listeners")
    if not isinstance(listeners, YamlList):
        return
    _, mark = root.take("listeners")
    kept = YamlList()
    for listener, at in zip(listeners, listeners.marks, strict=True):
        kind = listener.get("type") if isinstance(listener, YamlMapping) else None
        if isinstance(kind, str) and kind in _LISTENERS:
            tell(at, f"a listener of type {kind} is not supported: {_LISTENERS[kind]}{hint}")
        else:
            kept.put(listener, at)
    if kept or not listeners:
        root.put("listeners", kept, mark)
