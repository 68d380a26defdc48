"""Anthropic's Messages API: its entry in the registry of wire formats."""

import re
from types import MappingProxyType
from typing import Final

from filters.context import WireFormat
from filters.formats.anthropic_messages import view
from filters.formats.anthropic_messages.adapt import adapt
from filters.formats.anthropic_messages.answer_decode import decode_answer
from filters.formats.anthropic_messages.answer_encode import encode_answer
from filters.formats.anthropic_messages.errors import decode_error, encode_error, error_status, is_error
from filters.formats.anthropic_messages.history import unsealed_fields
from filters.formats.anthropic_messages.limits import limit_headers
from filters.formats.anthropic_messages.listing import all_models, one_model
from filters.formats.anthropic_messages.request_decode import decode_request
from filters.formats.anthropic_messages.request_encode import encode_request
from filters.formats.anthropic_messages.shape import validate
from filters.formats.anthropic_messages.stream_decode import StreamDecoder
from filters.formats.anthropic_messages.stream_encode import StreamEncoder
from filters.formats.anthropic_messages.threads import KEEPING
from filters.formats.anthropic_messages.usage import answer_usage, stream_usage
from filters.formats.canonical.seal import ANTHROPIC
from filters.formats.format import Codec, Format, Listing, Shape, StreamMarks

VERSION_HEADER: Final = "anthropic-version"
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
)
# Only a line of the stream itself begins with a field name: in JSON text a line break is always escaped. A server may
# leave `event:` away and say the type in the data alone.
_MARKS: Final = StreamMarks(
    re.compile(
        rb'^(?:event: ?|data: ?\{ ?"type": ?")(?:(?P<last>message_stop)|(?P<error>error))\b'
        rb'|^(?:event: ?message_delta\r?\ndata:|data: ?\{ ?"type": ?"message_delta")[^\r\n]*[^\\]"stop_reason": ?"',
        re.MULTILINE,
    ),
    (b"message_stop", b"error", b'"stop_reason":"', b'"stop_reason": "'),
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
)
FORMAT: Final = Format(
    name=WireFormat("anthropic_messages"),
    title="Anthropic Messages",
    path="/v1/messages",
    operation="messages",
    root="/anthropic",
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
    headers=MappingProxyType({VERSION_HEADER: "2023-06-01"}),
    version_header=VERSION_HEADER,
    keeping=KEEPING,
    signer=ANTHROPIC,
)
