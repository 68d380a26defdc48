"""What is said to Envoy, as protobuf messages."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.ext_proc import protocol as pb
from gateway.ext_proc.protocol import Message

NAMESPACE: Final = "pointsman"
"""Under which Envoy keeps what is said as dynamic metadata."""
GO_ON_HEADERS: Final = pb.ProcessingResponse(request_headers=pb.HeadersResponse())
GO_ON_TRAILERS: Final = pb.ProcessingResponse(request_trailers=pb.TrailersResponse())
PASS_TRAILERS: Final = pb.ProcessingResponse(response_trailers=pb.TrailersResponse())


def headers_of(message: Message) -> CIMultiDictProxy[str]:
    """Return headers as text, pseudo headers included; bytes that are no UTF-8 become surrogates, as in aiohttp."""
    headers = CIMultiDict(
        (each.key, each.raw_value.decode("utf-8", "surrogateescape") if each.raw_value else each.value)
        for each in message.headers
    )
    return CIMultiDictProxy(headers)


def mutation(set_headers: Mapping[str, str], remove: Iterable[str] = ()) -> Message:
    """Return what sets some headers, whether they are there or not, and removes others."""
    made = pb.HeaderMutation(remove_headers=remove)
    for name, value in set_headers.items():
        option = made.set_headers.add(append_action=pb.OVERWRITE_IF_EXISTS_OR_ADD)
        option.header.key = name.lower()
        option.header.raw_value = value.encode("utf-8", "surrogateescape")
    return made


def immediate(response: web.Response) -> Message:
    """Return a whole answer of the gateway's own."""
    body = response.body
    return pb.ProcessingResponse(
        immediate_response=pb.ImmediateResponse(
            status=pb.HttpStatus(code=response.status),
            headers=mutation(response.headers),
            body=body if isinstance(body, bytes) else b"",
            details="pointsman",
        )
    )


def metadata(facts: Mapping[str, Any]) -> Message:
    """Return dynamic metadata: names with text, numbers or truth values; what is None is left out."""
    struct = pb.Struct()
    ours = struct.fields[NAMESPACE].struct_value
    ours.SetInParent()  # also where there are no facts
    fields = ours.fields
    for name, value in facts.items():
        if isinstance(value, str):
            fields[name].string_value = value
        elif isinstance(value, bool):
            fields[name].bool_value = value
        elif value is not None:
            fields[name].number_value = value
    return struct
