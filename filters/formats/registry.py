"""The wire formats: one entry each, and which path and header belongs to which.

A format is one package with an entry, and one line here. Nothing outside `filters/formats` knows one format from
another. See docs/extending/format.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from filters.context import ChatRequest, Json, WireFormat
from filters.formats.anthropic_messages import codec as anthropic_messages
from filters.formats.format import Format
from filters.formats.openai_chat import codec as openai_chat
from filters.formats.openai_responses import codec as openai_responses

OPENAI_CHAT: Final = openai_chat.FORMAT
OPENAI_RESPONSES: Final = openai_responses.FORMAT
ANTHROPIC_MESSAGES: Final = anthropic_messages.FORMAT
DECISION_PREFIX: Final = "/routing"
DEFAULT: Final = OPENAI_CHAT
"""The format of a path that belongs to none."""


class Endpoint(NamedTuple):
    """What a path promises: its wire format, and whether it answers with the decision alone."""

    format: WireFormat
    decision_only: bool


def _endpoints_of(entry: Format) -> dict[str, Endpoint]:
    return {
        entry.path: Endpoint(entry.name, decision_only=False),
        DECISION_PREFIX + entry.path: Endpoint(entry.name, decision_only=True),
    }


_formats: Final = {entry.name: entry for entry in (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES)}
_endpoints: Final = {path: end for entry in _formats.values() for path, end in _endpoints_of(entry).items()}
FORMATS: Final[Mapping[WireFormat, Format]] = MappingProxyType(_formats)
ENDPOINTS: Final[Mapping[str, Endpoint]] = MappingProxyType(_endpoints)


def register(entry: Format) -> None:
    """Add a format, before the application is built. Raises ValueError where its name or path is taken."""
    if entry.name in _formats or entry.path in _endpoints:
        raise ValueError(f"there is a wire format {entry.name!r} or one at {entry.path} already")
    _formats[entry.name] = entry
    _endpoints.update(_endpoints_of(entry))


def unregister(name: WireFormat) -> None:
    """Remove a format."""
    for path in _endpoints_of(_formats.pop(name)):
        del _endpoints[path]


def chat_request(name: WireFormat, body: Json, raw: bytes, *, decision_only: bool) -> ChatRequest:
    """Return a body as the fact of the chat request. Raises DownstreamError (400) where its shape is wrong."""
    entry = FORMATS[name]
    entry.shape.validate(body)
    return ChatRequest(name, body, raw, decision_only, entry.model_field, entry.stream_field)


def format_of(path: str, headers: Mapping[str, str]) -> Format:
    """Return the format in which a caller on `path` expects its errors: by path, then by a vendor's version header.

    `x-api-key` alone is no proof, since Azure-like gateways use it too.
    """
    path = path.removeprefix(DECISION_PREFIX)
    for entry in FORMATS.values():
        if path == entry.path or path.startswith(entry.path + "/"):
            return entry
    told = (entry for entry in FORMATS.values() if entry.version_header and entry.version_header in headers)
    return next(told, DEFAULT)
