"""Anthropic Messages, as the table of formats knows it."""

from typing import Final

from filters.formats.anthropic_messages.answer_decode import StreamDecoder, decode_answer
from filters.formats.anthropic_messages.answer_encode import StreamEncoder, encode_answer
from filters.formats.anthropic_messages.errors import decode_error, encode_error
from filters.formats.anthropic_messages.request_decode import decode_request
from filters.formats.anthropic_messages.request_encode import encode_request
from filters.formats.codec import Codec

CODEC: Final = Codec(
    decode_request=decode_request,
    encode_request=encode_request,
    decode_answer=decode_answer,
    encode_answer=encode_answer,
    stream_decoder=StreamDecoder,
    stream_encoder=StreamEncoder,
    decode_error=decode_error,
    encode_error=encode_error,
)
