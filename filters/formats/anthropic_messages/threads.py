"""Threads: messages that Anthropic keeps, so that a request sends what is new alone.

A client goes on from a thread by the id of its last message. Where that cannot be done, the SDK of Anthropic sends all
messages again, if it is told so by `error.details` (`anthropic/lib/threads`).
"""

from collections.abc import Iterator
from typing import Final

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical.fields import object_of, text_of
from filters.formats.format import Keeping

_LOST: Final = {"error_code": "thread_not_found"}
_UNKNOWN: Final = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}


def refuse_thread(body: Json) -> None:
    """Refuse a body that begins or goes on with a thread where nobody keeps one."""
    if body.get("thread") is None:
        return
    if _goes_on(body):
        raise _lost(body, "this provider does not have it")
    message = "`thread` is kept by Anthropic alone: send all messages, without it"
    raise DownstreamError(400, message, param="thread", details=_UNKNOWN)


def _goes_on(body: Json) -> bool:
    return object_of(body, "thread").get("type") == "continue"


def _previous(body: Json) -> str | None:
    return text_of(object_of(body, "thread"), "previous_message_id") or None if _goes_on(body) else None


def _kept(body: Json, answer: str) -> Iterator[str]:
    if answer and body.get("thread") is not None:
        yield answer


def _lost(_body: Json, why: str) -> DownstreamError:
    message = f"`thread` continues a thread that was not found: {why}. Send all messages, without it"
    return DownstreamError(404, message, param="thread", details=_LOST)


KEEPING: Final = Keeping(_previous, _kept, _lost)
