"""A conversation that ends with the assistant's own text, to be gone on with: newer models refuse it.

Anthropic's advice for them is to ask for the rest in a message of the user's, which is what is added here.
"""

from collections.abc import Sequence
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.request import Message, ModelOptions, Text, ToolCall

GO_ON: Final = "Go on from exactly where your last message ends, without repeating it."
_WARNING: Final = "the model is asked to go on by the user, since it takes no last message of the assistant"
_CALLS: Final = ("tool_use", "server_tool_use")


def answered(messages: Sequence[Message], options: ModelOptions, warnings: list[str]) -> Sequence[Message]:
    """Return the messages with one of the user's at the end, where the model does not go on with the assistant's."""
    if options.prefill or not messages or messages[-1].role != "assistant":
        return messages
    if any(isinstance(part, ToolCall) for part in messages[-1].parts):
        return messages
    warnings.append(_WARNING)
    return [*messages, Message("user", [Text(GO_ON)])]


def adapt_prefill(adapted: Adapted, options: ModelOptions) -> None:
    """Do the same in a body that has `messages`. One that ends with a call lacks its result, and is left alone."""
    messages: list[Json] = adapted.get("messages")
    if options.prefill or not ends_with_text(messages):
        return
    adapted.put("messages", [*messages, {"role": "user", "content": GO_ON}], _WARNING)


def ends_with_text(messages: Sequence[Json]) -> bool:
    """Return whether the last message is the assistant's, and calls nothing."""
    last = messages[-1] if messages else {"role": None}
    return last["role"] == "assistant" and not last.get("tool_calls") and not _calls(last.get("content"))


def _calls(content: Any) -> bool:
    return isinstance(content, list) and any(isinstance(each, dict) and each.get("type") in _CALLS for each in content)
