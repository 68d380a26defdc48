"""What is sent to a provider for a chat request: the caller's own bytes, those adapted to the model, or a translation.

A caller that names a model as its vendor does knows that model, and its bytes pass as they are. In every other case the
gateway chose the model: what the model does not take is left out or replaced, also where the format stays the same.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from filters.context import ChatRequest, Json, WireFormat
from filters.errors import DownstreamError
from filters.formats.canonical.request import Encoded, Request
from filters.formats.history import unsealed_fields
from filters.formats.registry import FORMATS
from filters.routing.inline import FIELDS
from filters.windows import dump_json
from gateway.upstream.candidates import Candidate
from gateway.upstream.rewrite import rewrite, with_model

_LONG_CONTEXT: Final = 1_000_000
_LONG_CONTEXT_BETAS: Final = ("context-1m-",)
_UNSEALED: Final = "earlier reasoning is unsealed, and left out where another vendor signed it"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A body for a provider in `wire`, and the small losses on the way to it.

    `request` is the caller's request in the neutral form, by which a translated answer is written; None where the
    formats are the same and the answer passes as it is. It does not where tools were renamed.
    """

    wire: WireFormat
    body: bytes
    request: Request | None
    warnings: tuple[str, ...] = ()
    refused_betas: tuple[str, ...] = ()
    """How the names begin of betas that the caller's headers may ask for and the model refuses."""


def outbound(chat: ChatRequest, candidate: Candidate) -> Outbound:
    """Write the request for a candidate, in the caller's format where its server speaks it.

    Where that would lose something, and another format of the server carries it, the other one is used.
    Raises DownstreamError (400) for what cannot be carried to any format of the provider, or is beyond the model.
    """
    formats = candidate.provider.formats
    if chat.model != candidate.model_id:
        candidate.refuse_beyond(chat)
    if chat.format not in formats:
        return _translated(chat, candidate, formats)
    same, losses = _same_format(chat, candidate)
    others = [wire for wire in formats if wire != chat.format]
    if losses and others:
        try:
            other = _translated(chat, candidate, others)
        except DownstreamError:
            return same
        return other if len(other.warnings) < losses else same
    return same


def _same_format(chat: ChatRequest, candidate: Candidate) -> tuple[Outbound, int]:
    """Return the request in the caller's own format, and how much of it the model does not take."""
    changes = unsealed_fields(chat)
    warnings = [_UNSEALED] if changes else []
    removed: Collection[str] = ()
    losses, request = 0, None
    if chat.model != candidate.model_id:
        adapted = FORMATS[chat.format].codec.adapt({**chat.body, **changes}, candidate.facts.adaptation)
        changes, removed, losses = {**changes, **adapted.replace}, adapted.remove, len(adapted.warnings)
        warnings += adapted.warnings
        request = replace(asked(chat), tool_names=adapted.tool_names) if adapted.tool_names else None
    body = _rewritten(chat, changes, removed, candidate)
    return Outbound(chat.format, body, request, tuple(warnings), _refused_betas(chat, candidate)), losses


def asked(chat: ChatRequest) -> Request:
    """Return the request by which an answer is written; what no other format can carry is not needed for that."""
    try:
        return FORMATS[chat.format].codec.decode_request(chat.body)
    except DownstreamError:
        return Request(chat.model or "", (), include_usage=True)


def _refused_betas(chat: ChatRequest, candidate: Candidate) -> tuple[str, ...]:
    """Return the betas that a model the gateway chose refuses: a context that is longer than its own."""
    context = candidate.facts.context
    longer = chat.model != candidate.model_id and context is not None and context < _LONG_CONTEXT
    return _LONG_CONTEXT_BETAS if longer else ()


def _translated(chat: ChatRequest, candidate: Candidate, formats: Collection[WireFormat]) -> Outbound:
    """Return the translation that loses least, of two that lose as much the first."""
    request = replace(FORMATS[chat.format].codec.decode_request(chat.body), model=candidate.model_id)
    best: Outbound | None = None
    refusal: DownstreamError | None = None
    for wire in formats:
        try:
            encoded = FORMATS[wire].codec.encode_request(request, candidate.facts.options)
        except DownstreamError as error:
            refusal = refusal or error
            continue
        warnings = (*request.warnings, *encoded.warnings)
        if best is None or len(warnings) < len(best.warnings):
            best = Outbound(wire, dump_json(encoded.body, len(chat.raw)), _renamed(request, encoded), warnings)
        if not encoded.warnings:
            break
    if best is None:
        raise refusal or DownstreamError(400, "The provider speaks no format that this request can be written in.")
    return best


def _renamed(request: Request, encoded: Encoded) -> Request:
    """Return the request by which the answer is written, with the names that the provider has for tools."""
    return replace(request, tool_names=encoded.tool_names) if encoded.tool_names else request


def _rewritten(chat: ChatRequest, changes: Json, removed: Collection[str], candidate: Candidate) -> bytes:
    """Return the caller's own bytes but for the changes, the model's name and what is for the gateway alone."""
    left_out = {*removed, *(name for name in FIELDS if name in chat.body)}
    if not changes and not left_out and chat.model_field == "model":
        return with_model(chat.raw, chat.body, candidate.model_id)
    return rewrite(chat.raw, {**changes, chat.model_field: candidate.model_id}, left_out)
