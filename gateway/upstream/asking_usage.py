"""Usage is known for every request: where a stream that passes untouched would not tell it, it is asked for."""

from dataclasses import replace

import orjson

from filters.context import ChatRequest, Json
from filters.formats.registry import FORMATS
from gateway.upstream.outbound import Outbound
from gateway.upstream.rewrite import rewrite, with_first


def asking_usage(out: Outbound, chat: ChatRequest) -> Outbound:
    """Return what is sent to a provider, asking for the usage of its stream. A translation always asks."""
    fields = usage_fields(chat) if out.wire == chat.format else {}
    return replace(out, body=_with(out.body, fields, chat.body)) if fields else out


def usage_fields(chat: ChatRequest) -> Json:
    """Return the fields by which a caller would have asked for the usage of its stream; empty where it did."""
    ask = FORMATS[chat.format].codec.ask_usage
    return ask(chat.body) if ask else {}


def _with(raw: bytes, fields: Json, body: Json) -> bytes:
    """Return a JSON object's text with some members set: new ones stand first, so that nothing need be looked for."""
    if not fields.keys().isdisjoint(body):
        return rewrite(raw, fields)
    return with_first(raw, orjson.dumps(fields)[1:-1] + b",")
