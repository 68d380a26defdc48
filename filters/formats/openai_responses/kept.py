"""What OpenAI keeps of a request: the response, unless it is told not to, and the conversation that it belongs to."""

from collections.abc import Iterator
from typing import Final

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.format import Keeping


def _conversation(body: Json) -> str | None:
    """Return the id of the conversation, which stands alone or in an object."""
    given = body.get("conversation")
    ident = given.get("id") if isinstance(given, dict) else given
    return ident if isinstance(ident, str) and ident else None


def _previous(body: Json) -> str | None:
    ident = body.get("previous_response_id")
    return ident if isinstance(ident, str) else _conversation(body)


def _kept(body: Json, answer: str) -> Iterator[str]:
    if answer and body.get("store") is not False:
        yield answer
    if conversation := _conversation(body):
        yield conversation


def _lost(body: Json, why: str) -> DownstreamError:
    if isinstance(body.get("previous_response_id"), str):
        message = f"The previous response was not found: {why}"
        return DownstreamError(400, message, code="previous_response_not_found", param="previous_response_id")
    return DownstreamError(404, f"The conversation was not found: {why}", param="conversation")


KEEPING: Final = Keeping(_previous, _kept, _lost)
