"""Records of requests, as the gateway would make them."""

from dataclasses import replace

from filters.context import Assessment, Decision, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord

TRACE = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", None, 1, None, "mine")
BARE = RequestRecord(at=1_700_000_000.0, method="POST", path="/v1/messages", status=400, duration=0.0)
DECISION = Decision(
    "code",
    ("openai/gpt", "anthropic/claude"),
    "embedded",
    assessment=Assessment(("code",), (0.9,), (0.5,), (("llm", "sure"),), {"embedded": 150, "total": 160}),
)
PROXIED = RequestRecord(
    at=1_700_000_000.0,
    method="POST",
    path="/v1/chat/completions",
    status=200,
    duration=2.0,
    trace=TRACE,
    caller="team-a",
    client_address="192.0.2.1",
    format="openai_chat",
    stream=True,
    decision=DECISION,
    session="digest",
    attempts=(
        Attempt("openai/gpt", "refused", None, 0.1),
        Attempt("openai/gpt", "status", 503, 0.2),
        Attempt("anthropic/claude", "ok", 200, 0.3),
    ),
    model="anthropic/claude",
    usage=Usage(input_tokens=100, output_tokens=21, cache_read=10),
    cost=0.25,
    baseline_cost=1.0,
    time_to_first_token=0.5,
    warnings=("a clause",),
)
DECIDED = replace(
    BARE,
    path="/routing/v1/messages",
    status=200,
    duration=0.001,
    decision_only=True,
    decision=DECISION,
    model=DECISION.model,
)
