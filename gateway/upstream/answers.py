"""Answers that the gateway makes itself: JSON without blanks, as all its others."""

from typing import Any

import orjson
from aiohttp import web


def json_answer(value: Any, status: int = 200) -> web.Response:
    """Return an answer of JSON."""
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")
