"""OpenAI's Responses API: its entry in the registry of wire formats."""

import re
from typing import Final

from filters.context import WireFormat
from filters.formats.canonical.seal import OPENAI
from filters.formats.format import Codec, Format, Listing, Shape, StreamMarks
from filters.formats.openai_chat.limits import limit_headers
from filters.formats.openai_chat.listing import all_models, one_model
from filters.formats.openai_responses import view
from filters.formats.openai_responses.adapt import adapt
from filters.formats.openai_responses.answer_decode import decode_answer, is_unfinished
from filters.formats.openai_responses.answer_encode import encode_answer
from filters.formats.openai_responses.errors import decode_error, encode_error, error_status, is_error
from filters.formats.openai_responses.history import unsealed_fields
from filters.formats.openai_responses.kept import KEEPING
from filters.formats.openai_responses.request_decode import decode_request
from filters.formats.openai_responses.request_encode import encode_request
from filters.formats.openai_responses.shape import validate
from filters.formats.openai_responses.stream_decode import StreamDecoder
from filters.formats.openai_responses.stream_encode import StreamEncoder
from filters.formats.openai_responses.usage import answer_usage, stream_usage

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
    is_unfinished=is_unfinished,
)
# Only a line of the stream itself begins with a field name: in JSON text a line break is always escaped. A server may
# leave `event:` away and say the type in the data alone.
_MARKS: Final = StreamMarks(
    re.compile(
        rb'^(?:event: ?|data: ?\{ ?"type": ?")'
        rb"(?:(?P<last>response\.(?:completed|incomplete))|(?P<error>response\.failed|error))\b",
        re.MULTILINE,
    ),
    (b"response.completed", b"response.incomplete", b"response.failed", b"error"),
)
FORMAT: Final = Format(
    name=WireFormat("openai_responses"),
    title="the Responses API",
    path="/v1/responses",
    operation="responses",
    codec=CODEC,
    shape=Shape(
        validate=validate,
        turns=view.turns,
        visited=view.visited,
        newest=view.newest,
        system=view.system,
        signers=view.signers,
        unsealed=unsealed_fields,
    ),
    listing=Listing(all_models, one_model),
    limit_headers=limit_headers,
    marks=lambda _: _MARKS,
    keeping=KEEPING,
    signer=OPENAI,
)
