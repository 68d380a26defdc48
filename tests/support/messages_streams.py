"""What providers of the Messages API say in the tests of that format: whole answers, and events of every kind."""

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from filters.formats.anthropic_messages.stream_decode import StreamDecoder
from filters.formats.sse import SseEvent

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["text", "tool_use", "thinking", "hi", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "input", "citations", "error", "usage"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)
KINDS = (
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "error", "ping",
)  # fmt: skip
JUNK_EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("index", "delta", "content_block", "message", "usage", "error"), JUNK),
)
START = {"type": "message_start", "message": {"id": "m1", "model": "claude", "usage": {"input_tokens": 9}}}
TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HI = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
STOP_BLOCK = {"type": "content_block_stop", "index": 0}
DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}}
STOP = {"type": "message_stop"}
LOOK = {"type": "tool_use", "id": "t", "name": "look", "input": {"a": 1}}


def read(*events, close=True):
    decoder = StreamDecoder()
    found = []
    for event in events:
        data = event if isinstance(event, bytes) else orjson.dumps(event)
        found += decoder.feed(SseEvent("", data))
    return found + (list(decoder.close()) if close else [])


def message(*content, reason="end_turn", **fields):
    return {
        "id": "m1", "type": "message", "role": "assistant", "model": "claude", "content": list(content),
        "stop_reason": reason, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 4}, **fields,
    }  # fmt: skip
