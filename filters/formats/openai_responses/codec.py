"""OpenAI's Responses API as a wire format."""

from typing import Final

from filters.formats.codec import Codec
from filters.formats.openai_responses.answer_decode import decode_answer, is_unfinished
from filters.formats.openai_responses.answer_encode import ResponsesStreamEncoder, encode_answer
from filters.formats.openai_responses.errors import decode_error, encode_error
from filters.formats.openai_responses.request_decode import decode_request
from filters.formats.openai_responses.request_encode import encode_request
from filters.formats.openai_responses.stream_decode import ResponsesStreamDecoder

CODEC: Final = Codec(
    decode_request=decode_request,
    encode_request=encode_request,
    decode_answer=decode_answer,
    encode_answer=encode_answer,
    stream_decoder=ResponsesStreamDecoder,
    stream_encoder=ResponsesStreamEncoder,
    decode_error=decode_error,
    encode_error=encode_error,
    is_unfinished=is_unfinished,
    keeps_answers=True,
)
