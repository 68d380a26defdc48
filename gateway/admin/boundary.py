"""The outermost middleware of the admin application: errors become JSON here and nowhere else."""

from typing import Final

from aiohttp import hdrs, web

from filters.errors import ConfigError, DownstreamError
from gateway.admin.api import Handler, error_answer
from gateway.telemetry.crash import log_crash

_MESSAGES: Final = {
    404: "There is no such path here.",
    405: "This path does not take this method; the Allow header names those that it takes.",
    413: "The body is too large.",
}


@web.middleware
async def boundary(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever is raised. Where an answer has begun (a stream), it is raised again, which cuts it off."""
    try:
        response = await handler(request)
    except (DownstreamError, ConfigError, web.HTTPException) as error:
        response = _told(error)
    except ConnectionError:
        raise
    except Exception as error:  # a defect of ours
        log_crash(request, error)
        if request.writer.output_size:
            raise
        response = error_answer(500, "The admin application failed; the log tells where.")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _told(error: DownstreamError | ConfigError | web.HTTPException) -> web.StreamResponse:
    if isinstance(error, DownstreamError):
        answer = error_answer(error.status, error.message)
        answer.headers.update(error.headers)
    elif isinstance(error, ConfigError):
        answer = error_answer(422, str(error))
    else:
        answer = error_answer(error.status, _MESSAGES.get(error.status, error.reason))
        if allow := error.headers.get(hdrs.ALLOW):
            answer.headers[hdrs.ALLOW] = allow
    return answer
