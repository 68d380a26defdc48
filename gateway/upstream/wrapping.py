"""Whether a provider's error can pass as it is, or must be written anew for the caller.

A server in front of the model (a proxy, a load balancer, FastAPI) answers in HTML or `{"detail": ...}`, which no client
of the format reads; and some say what clients act on in other words than their vendor's.
"""

from typing import Any

import orjson

from filters.context import WireFormat
from filters.formats.canonical.events import Failure
from filters.formats.registry import FORMATS
from gateway.upstream.failures import CONTEXT_LENGTH, ProviderAnsweredError


def is_of_format(error: ProviderAnsweredError, wire: WireFormat) -> bool:
    """Tell whether an error's body has the shape that this format's clients read, and says what they act on."""
    if error.wire != wire:
        return False
    try:
        found: Any = orjson.loads(error.body)
    except orjson.JSONDecodeError:
        return False
    failure = Failure(error.status, error.message, error.kind, error.code, error.param)
    written = FORMATS[wire].codec.encode_error(failure)
    if not isinstance(found, dict) or not all(_is_like(found.get(name), value) for name, value in written.items()):
        return False
    return error.code != CONTEXT_LENGTH or all(_says(found[name], value) for name, value in written.items())


def _is_like(found: Any, written: Any) -> bool:
    """Tell whether a member of an error has the shape in which we would have written it."""
    if isinstance(written, dict):
        return isinstance(found, dict) and ("message" not in written or isinstance(found.get("message"), str))
    return isinstance(found, str)


def _says(found: Any, written: Any) -> bool:
    return found | written == found if isinstance(written, dict) else bool(found == written)
