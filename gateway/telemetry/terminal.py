"""The access log on a terminal: a line that can be read at a glance, in the order in which it is asked about.

14:03:07 200 POST /v1/chat/completions 1.24s code_generation -> openai/gpt-4o (embedded) 812+40 tokens $0.0031
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

import structlog

_DIM: Final = "\x1b[2m"
_RESET: Final = "\x1b[0m"
_COLORS: Final = {2: "\x1b[32m", 3: "\x1b[36m", 4: "\x1b[33m", 5: "\x1b[31m"}
_TRACE_DIGITS: Final = 12
"""Of a trace's id: enough to find it by. Answers carry the whole."""
_LATER: Final = ("caller", "client", "attempts", "fallback", "error", "reason", "broken", "warnings")


class RequestLine:
    """A processor that writes the lines of requests itself, and leaves all others to the next."""

    def __init__(self, others: structlog.typing.Processor, *, colors: bool) -> None:
        self._others = others
        self._colors = colors

    def __call__(self, logger: Any, level: str, event: MutableMapping[str, Any]) -> Any:
        """Return the line of an event."""
        if event.get("event") != "request" or "duration_ms" not in event:
            return self._others(logger, level, event)
        return " ".join(self._parts(event))

    def _parts(self, event: Mapping[str, Any]) -> Iterator[str]:
        yield self._painted(_DIM, str(event.get("timestamp", "")))
        yield self._painted(_COLORS.get(event["status"] // 100, ""), str(event["status"]))
        yield f"{event['method']} {event['path']}"
        yield _seconds(event["duration_ms"])
        if "decided_by" in event:
            pinned = ", pinned" if event.get("pinned") else ""
            yield f"{event['route'] or 'no route'} -> {event['model'] or 'none'} ({event['decided_by']}{pinned})"
        elif event.get("model"):
            yield str(event["model"])
        if "input_tokens" in event or "output_tokens" in event:
            yield f"{_count(event.get('input_tokens'))}+{_count(event.get('output_tokens'))} tokens"
        if "cost" in event:
            yield f"${event['cost']:.4f}"
        if "ttft_ms" in event:
            yield f"first token {_seconds(event['ttft_ms'])}"
        yield from (f"{name}={event[name]}" for name in _LATER if name in event and _is_news(name, event[name]))
        if "trace_id" in event:
            yield self._painted(_DIM, event["trace_id"][:_TRACE_DIGITS])

    def _painted(self, color: str, text: str) -> str:
        return f"{color}{text}{_RESET}" if self._colors and color else text


def _is_news(name: str, value: Any) -> bool:
    """Tell whether a field is worth its place: one attempt is the rule, and on a terminal callers are local."""
    return not (name == "attempts" and value == 1) and value not in ("127.0.0.1", "::1")


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f}s" if milliseconds >= 1000 else f"{milliseconds:.1f}ms"
