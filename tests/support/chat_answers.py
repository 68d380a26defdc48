"""What providers of Chat Completions say in the tests of that format: whole answers, and chunks of every kind."""

from hypothesis import strategies as st

from filters.formats.canonical.events import (
    End,
    Failure,
    Finish,
    FinishReason,
    Start,
)

START = Start("c1", "m", 5)
STOP = [Finish(FinishReason.STOP), End()]
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
SCALARS = st.none() | st.booleans() | st.integers(-3, 600) | st.floats(allow_nan=False) | st.text(max_size=3)
NAMES = st.sampled_from([
    "id", "choices", "delta", "message", "index", "content", "tool_calls", "function", "name", "arguments", "type",
    "text", "finish_reason", "usage", "error", "logprobs", "annotations", "url_citation", "reasoning", "thinking",
    "x_groq", "prompt_tokens", "completion_tokens_details", "refusal", "function_call", "custom", "object", "created",
    "stop_reason",
])  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=20
)
CHUNKS = st.fixed_dictionaries({"choices": st.lists(st.dictionaries(NAMES, JSON), max_size=2)}) | JSON


def whole(message=None, finish="stop", **more):
    choice = {"index": 0, "message": {"role": "assistant", **(message or {})}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion", "created": 5, "model": "m", "choices": [choice], **more}


def failed(events):
    assert [type(event) for event in events if isinstance(event, End | Failure)] == [Failure]
    return events[-1]
