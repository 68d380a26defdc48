"""The OpenAI Chat Completions wire format."""

from typing import Final

from filters.formats.codec import Codec
from filters.formats.openai_chat.answer_decode import StreamDecoder, decode_answer
from filters.formats.openai_chat.answer_encode import StreamEncoder, encode_answer
from filters.formats.openai_chat.errors import decode_error, encode_error
from filters.formats.openai_chat.request_decode import decode_request
from filters.formats.openai_chat.request_encode import encode_request
from filters.formats.openai_chat.stream_usage import ask_usage, without_usage

CODEC: Final = Codec(
    decode_request=decode_request,
    encode_request=encode_request,
    decode_answer=decode_answer,
    encode_answer=encode_answer,
    stream_decoder=StreamDecoder,
    stream_encoder=StreamEncoder,
    decode_error=decode_error,
    encode_error=encode_error,
    ask_usage=ask_usage,
    without_usage=without_usage,
)
