"""What is sent to a provider for a chat request: the caller's own bytes, or a translation."""

from dataclasses import dataclass, replace
from typing import Final

import orjson

from filters.context import ChatRequest, Json, WireFormat
from filters.formats.canonical.request import Request
from filters.formats.history import unsealed_fields
from filters.formats.registry import CODECS
from filters.routing.inline import FIELDS
from gateway.upstream.candidates import Candidate
from gateway.upstream.rewrite import rewrite, with_model

_UNSEALED: Final = "earlier reasoning is unsealed, and left out where another vendor signed it"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A body for a provider in `wire`, and the small losses on the way to it.

    `request` is the caller's request in the neutral form, by which a translated answer is written; None where the
    formats are the same and nothing is translated.
    """

    wire: WireFormat
    body: bytes
    request: Request | None
    warnings: tuple[str, ...] = ()


def outbound(chat: ChatRequest, candidate: Candidate) -> Outbound:
    """Write the request for a candidate, in the caller's format where its server speaks it.

    Raises DownstreamError (400) for what cannot be carried to the provider's format.
    """
    provider = candidate.provider
    if chat.format in provider.formats:
        changes = unsealed_fields(chat)
        return Outbound(chat.format, _rewritten(chat, changes, candidate), None, (_UNSEALED,) if changes else ())
    wire = provider.formats[0]
    request = CODECS[chat.format].decode_request(chat.body)
    encoded = CODECS[wire].encode_request(replace(request, model=candidate.model_id), candidate.facts.options)
    return Outbound(wire, orjson.dumps(encoded.body), request, (*request.warnings, *encoded.warnings))


def _rewritten(chat: ChatRequest, changes: Json, candidate: Candidate) -> bytes:
    """Return the caller's own bytes but for the changes, the model's name and what is for the gateway alone."""
    ours = [name for name in FIELDS if name in chat.body]
    if not changes and not ours:
        return with_model(chat.raw, chat.body, candidate.model_id)
    return rewrite(chat.raw, {**changes, "model": candidate.model_id}, ours)
