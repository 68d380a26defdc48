"""A whole answer for an Anthropic client: what it would gather from the stream of the same events."""

from collections.abc import Iterable

from filters.context import Json
from filters.formats.anthropic_messages.content_encode import tool_input
from filters.formats.anthropic_messages.stream_encode import WireEvents
from filters.formats.canonical.events import Event
from filters.formats.canonical.request import Request


def encode_answer(events: Iterable[Event], request: Request) -> Json:
    """Write a whole answer, which is what a client would gather from the stream of the same events."""
    wire = WireEvents(request)
    message: Json = {}
    pieces: list[str] = []
    for event in events:
        for data in wire.feed(event):
            match data["type"]:
                case "message_start":
                    message = data["message"]
                case "content_block_start":
                    pieces = []
                    message["content"].append(dict(data["content_block"]))
                case "content_block_delta":
                    _gather(message["content"][-1], data["delta"], pieces)
                case "content_block_stop":
                    _close(message["content"][-1], pieces)
                case "message_delta":
                    message |= data["delta"]
                    message["usage"] |= data["usage"]
    return message


def _gather(block: Json, delta: Json, pieces: list[str]) -> None:
    match delta["type"]:
        case "text_delta":
            pieces.append(delta["text"])
        case "thinking_delta":
            pieces.append(delta["thinking"])
        case "input_json_delta":
            pieces.append(delta["partial_json"])
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])


def _close(block: Json, pieces: list[str]) -> None:
    content = "".join(pieces)
    if block["type"] == "tool_use":
        block["input"] = tool_input(content)[0]
    elif block["type"] in ("text", "thinking"):
        block[block["type"]] = content
