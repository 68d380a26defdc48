"""Whether a provider's error can pass as it is, or must be written anew for the caller.

A server in front of the model (a proxy, a load balancer, FastAPI) answers in HTML or `{"detail": ...}`, which no client
of the format reads; and some say what clients act on in other words than their vendor's.
"""

from typing import Any

import orjson

from filters.context import WireFormat
from filters.formats.canonical.events import Failure
from filters.formats.registry import CODECS
from gateway.upstream.failures import CONTEXT_LENGTH, ProviderAnsweredError


def is_of_format(error: ProviderAnsweredError, wire: WireFormat) -> bool:
    """Tell whether an error's body has the shape that this format's clients read, and says what they act on."""
    if error.wire != wire:
        return False
    try:
        found: Any = orjson.loads(error.body)
    except orjson.JSONDecodeError:
        return False
    written = CODECS[wire].encode_error(Failure(error.status, error.message, error.kind, error.code, error.param))
    if not isinstance(found, dict) or not written.keys() <= found.keys() or not isinstance(found["error"], dict):
        return False
    if error.code == CONTEXT_LENGTH and found["error"] | written["error"] != found["error"]:
        return False
    return isinstance(found["error"].get("message"), str)
