"""OpenAI's Chat Completions: its entry in the registry of wire formats."""

import re
from typing import Final

from filters.context import Json, WireFormat
from filters.formats.format import Codec, Format, Listing, Shape, StreamMarks
from filters.formats.openai_chat import view
from filters.formats.openai_chat.adapt import adapt
from filters.formats.openai_chat.answer_decode import decode_answer
from filters.formats.openai_chat.answer_encode import encode_answer
from filters.formats.openai_chat.errors import decode_error, encode_error, error_status, is_error
from filters.formats.openai_chat.limits import limit_headers
from filters.formats.openai_chat.listing import all_models, one_model
from filters.formats.openai_chat.request_decode import decode_request
from filters.formats.openai_chat.request_encode import encode_request
from filters.formats.openai_chat.shape import validate
from filters.formats.openai_chat.stream_decode import StreamDecoder
from filters.formats.openai_chat.stream_encode import StreamEncoder
from filters.formats.openai_chat.stream_usage import ask_usage, without_usage
from filters.formats.openai_chat.usage import answer_usage, stream_usage

CODEC: Final = Codec(
    decode_request=decode_request,
    encode_request=encode_request,
    adapt=adapt,
    decode_answer=decode_answer,
    encode_answer=encode_answer,
    stream_decoder=StreamDecoder,
    stream_encoder=StreamEncoder,
    decode_error=decode_error,
    encode_error=encode_error,
    error_status=error_status,
    is_error=is_error,
    answer_usage=answer_usage,
    stream_usage=stream_usage,
    ask_usage=ask_usage,
    without_usage=without_usage,
)
# Only a line of the stream itself begins with a field name: in JSON text a line break is always escaped.
_DONE: Final = rb'^data: ?(?:(?P<last>\[DONE\])|(?P<error>\{ ?"error"))'
_ENDING: Final = b"data: [DONE]\n\n"
_ONE: Final = StreamMarks(
    re.compile(
        _DONE + rb'|[^\\]"finish_reason": ?"(?P<failed>(?:error|abort|network_error|insufficient_system_resource)")?',
        re.MULTILINE,
    ),
    (b"[DONE]", b'"error"', b'"finish_reason":"', b'"finish_reason": "'),
    _ENDING,
)
_SEVERAL: Final = StreamMarks(re.compile(_DONE, re.MULTILINE), (b"[DONE]", b'"error"'), _ENDING)
"""With several choices (`n`) each has a `finish_reason`, and the first is not the end."""


def _marks(body: Json) -> StreamMarks:
    return _ONE if body.get("n") in {None, 1} else _SEVERAL


FORMAT: Final = Format(
    name=WireFormat("openai_chat"),
    title="Chat Completions",
    path="/v1/chat/completions",
    operation="chat/completions",
    codec=CODEC,
    shape=Shape(
        validate=validate,
        turns=view.turns,
        visited=view.visited,
        newest=view.newest,
        system=view.system,
        signers=view.signers,
        unsealed=view.unsealed,
    ),
    listing=Listing(all_models, one_model),
    limit_headers=limit_headers,
    marks=_marks,
)
