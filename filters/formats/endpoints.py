"""Which path speaks which wire format."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from filters.context import WireFormat


class Endpoint(NamedTuple):
    """What a path promises: its wire format, and whether it answers with the decision alone."""

    format: WireFormat
    decision_only: bool


_PATHS: Final = {
    "/v1/chat/completions": WireFormat.OPENAI_CHAT,
    "/v1/messages": WireFormat.ANTHROPIC_MESSAGES,
    "/v1/responses": WireFormat.OPENAI_RESPONSES,
}
DECISION_PREFIX: Final = "/routing"
ENDPOINTS: Final[Mapping[str, Endpoint]] = MappingProxyType(
    {path: Endpoint(wire, decision_only=False) for path, wire in _PATHS.items()}
    | {DECISION_PREFIX + path: Endpoint(wire, decision_only=True) for path, wire in _PATHS.items()}
)


def format_of(path: str, headers: Mapping[str, str]) -> WireFormat:
    """Return the format in which a caller on `path` expects its errors: by path, then by Anthropic's version header.

    `x-api-key` alone is no proof, since Azure-like gateways use it too.
    """
    path = path.removeprefix(DECISION_PREFIX)
    if path.startswith("/v1/messages") or (path not in _PATHS and "anthropic-version" in headers):
        return WireFormat.ANTHROPIC_MESSAGES
    return WireFormat.OPENAI_RESPONSES if path.startswith("/v1/responses") else WireFormat.OPENAI_CHAT
