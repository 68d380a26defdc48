"""The JSON body of a request of the page."""

from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import ValidationError

from filters.errors import DownstreamError
from filters.section import Section

Asked = TypeVar("Asked", bound=Section)


async def read_body(request: web.Request, kind: type[Asked]) -> Asked:
    """Return what is asked. Raises DownstreamError (400) that names the field."""
    try:
        value: Any = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise DownstreamError(400, "The body is not JSON.") from None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise DownstreamError(400, f"{where}: {first['msg']}") from None
