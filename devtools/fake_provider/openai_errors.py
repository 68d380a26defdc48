"""The error shape that OpenAI's endpoints share."""

from collections.abc import Mapping
from typing import Final

from devtools.fake_provider.answers import Json

_KINDS: Final[Mapping[int, tuple[str, str | None]]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("service_unavailable_error", None),
}


def kind_and_code(status: int) -> tuple[str, str | None]:
    """Return what OpenAI calls an error of this status."""
    return _KINDS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))


def error_body(status: int, message: str) -> Json:
    """Return the whole body of an error answer."""
    kind, code = kind_and_code(status)
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
