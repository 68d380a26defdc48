"""From the bytes of a body to a JSON object."""

import re
from typing import Any, Final

import orjson
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from filters.context import Json
from filters.errors import DownstreamError

_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in a JSON string: a whole surrogate pair, half of one, or any other."""
_JSON_NAMES: Final = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


async def read_body(request: web.Request) -> bytes:
    """Return the decompressed body without its byte order mark.

    Raises DownstreamError: 413 where it is over the application's `client_max_size`, 400 where it cannot be
    decompressed.
    """
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        limit = request.client_max_size
        raise DownstreamError(
            413, f"The body is over the limit of {limit} bytes (after decompression); limits.max_body_bytes sets it."
        ) from error
    except (BadHttpMessage, web.RequestPayloadError) as error:
        encoding = request.headers.get("Content-Encoding")
        raise DownstreamError(
            400,
            f"The body could not be read as Content-Encoding: {encoding}." if encoding else "The body is malformed.",
        ) from error
    return body.removeprefix(_BOM)


def parse_object(body: bytes) -> tuple[Json, bytes]:
    """Parse a body that must be a JSON object, and return it with the bytes that it was parsed from.

    Those are the body's own, but for half an emoji here and there. Raises DownstreamError (400) that says what the body
    is instead.
    """
    if not body.strip():
        raise DownstreamError(400, "The body is empty; it must be a JSON object.")
    parsed, parsed_from = _parse(body)
    if not isinstance(parsed, dict):
        what = _JSON_NAMES.get(type(parsed), "a number")
        raise DownstreamError(400, f"The body is {what}; it must be a JSON object.")
    return parsed, parsed_from


def _parse(body: bytes) -> tuple[Any, bytes]:
    try:
        return orjson.loads(body), body
    except orjson.JSONDecodeError as error:
        mended = _ESCAPE.sub(_mend, body)
        if mended != body:
            return _parse(mended)
        raise DownstreamError(400, f"The body is not JSON: {error}.") from None


def _mend(escape: re.Match[bytes]) -> bytes:
    """Replace half a surrogate pair.

    JavaScript clients that cut a string in the middle of an emoji send half of it as an escape: legal by the grammar of
    JSON, refused by strict parsers.
    """
    return rb"\ufffd" if escape["half"] else escape[0]
