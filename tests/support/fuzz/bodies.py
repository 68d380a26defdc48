"""Good bodies of the three formats, from which the fuzzer makes bad ones. What a user says holds `MARKER`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]

MARKER: Final = "PRIVATE-7f3a9c"
"""Never to be seen in an answer or a log."""
_CODE = f"Write a Python function that sorts a list. {MARKER}"
_WHY = f"Weigh the trade-offs between two designs step by step. {MARKER}"
_HELLO = f"hello {MARKER}"
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

_CHAT: Sequence[Json] = (
    {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": _CODE}]},
    {
        "model": "auto", "stream": True, "temperature": 0.2, "max_completion_tokens": 50, "stop": ["END"],
        "stream_options": {"include_usage": True}, "response_format": {"type": "json_object"},
        "messages": [
            {"role": "system", "content": _HELLO},
            {"role": "user", "content": [
                {"type": "text", "text": _WHY},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PIXEL}", "detail": "low"}},
            ]},
        ],
    },
    {
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": _HELLO}]},
            {"role": "user", "content": _CODE, "name": "ann"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": _HELLO},
        ],
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": _SCHEMA, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}}, "parallel_tool_calls": False,
    },
)  # fmt: skip
_MESSAGES: Sequence[Json] = (
    {"model": "claude", "max_tokens": 100, "messages": [{"role": "user", "content": _WHY}]},
    {
        "model": "auto", "max_tokens": 2048, "stream": True, "metadata": {"user_id": "u"},
        "system": [{"type": "text", "text": _HELLO, "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "enabled", "budget_tokens": 1024}, "stop_sequences": ["END"],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": f"<system-reminder>{MARKER}</system-reminder>"},
                {"type": "text", "text": _CODE},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PIXEL}},
            ]},
        ],
    },
    {
        "max_tokens": 100, "system": _HELLO,
        "messages": [
            {"role": "user", "content": _CODE},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": MARKER, "signature": "c2ln"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zürich"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [
                    {"type": "text", "text": _HELLO},
                ]},
            ]},
        ],
        "tools": [{"name": "weather", "description": MARKER, "input_schema": _SCHEMA}],
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
    },
)  # fmt: skip
_RESPONSES: Sequence[Json] = (
    {"model": "gpt-4o", "input": _CODE},
    {
        "input": [
            {"role": "developer", "content": _HELLO},
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": _WHY},
                {"type": "input_image", "image_url": f"data:image/png;base64,{_PIXEL}", "detail": "auto"},
            ]},
        ],
        "instructions": _HELLO, "stream": True, "store": False, "max_output_tokens": 64,
        "text": {"format": {"type": "json_schema", "name": "city", "schema": _SCHEMA, "strict": True}},
        "reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"],
    },
    {
        "model": "auto",
        "input": [
            {"role": "user", "content": _CODE},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": MARKER}]},
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city": "Zürich"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": _HELLO},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "apply_patch", "input": MARKER},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "ok"}]},
        ],
        "tools": [
            {"type": "function", "name": "weather", "parameters": _SCHEMA, "strict": False},
            {"type": "custom", "name": "apply_patch", "format": {"type": "text"}},
        ],
        "tool_choice": {"type": "function", "name": "weather"}, "previous_response_id": None,
    },
)  # fmt: skip
BODIES: Final[Mapping[str, Sequence[Json]]] = {
    "/v1/chat/completions": _CHAT,
    "/v1/messages": _MESSAGES,
    "/v1/responses": _RESPONSES,
}

_ROUTE = {"name": "sorting", "description": "sorting lists", "models": ["openai/gpt-4o", "made/up"]}
INLINE: Final[Sequence[Json]] = (
    {"routing_preferences": [_ROUTE, {**_ROUTE, "name": "greeting", "description": "greetings", "threshold": 0.5}]},
    {"routing_preferences": [{**_ROUTE, "examples": ["sort it"], "selection_policy": {"prefer": "cheapest"}}]},
    {"routing_preferences": []},
    {"routing_policy": [{"model": "made/up", "routing_preferences": [{"name": "a", "description": "sorting lists"}]}]},
)
