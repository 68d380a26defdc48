"""What is said to Envoy, as protobuf messages."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from gateway.ext_proc import protocol as pb
from gateway.ext_proc.protocol import Message

NAMESPACE: Final = "pointsman"
"""Under which Envoy keeps what is said as dynamic metadata."""
Facts = Mapping[str, str | bool | float | None]
"""What Envoy's access log and its other filters may want to know of a request."""
GO_ON_HEADERS: Final = pb.ProcessingResponse(request_headers=pb.HeadersResponse())
GO_ON_TRAILERS: Final = pb.ProcessingResponse(request_trailers=pb.TrailersResponse())
PASS_TRAILERS: Final = pb.ProcessingResponse(response_trailers=pb.TrailersResponse())


def headers_of(message: Message) -> tuple[Mapping[str, str], CIMultiDict[str]]:
    """Return pseudo headers, and the others; bytes that are no UTF-8 become surrogates, as in aiohttp."""
    pseudo: dict[str, str] = {}
    headers: list[tuple[str, str]] = []
    for each in message.headers:
        name, raw = each.key, each.raw_value
        value = raw.decode("utf-8", "surrogateescape") if raw else each.value
        if name.startswith(":"):
            pseudo[name] = value
        else:
            headers.append((name, value))
    return pseudo, CIMultiDict(headers)


def change(mutation: Message, set_headers: Mapping[str, str], remove: Iterable[str] = ()) -> None:
    """Write into a mutation what sets some headers, whether they are there or not, and removes others."""
    add = mutation.set_headers.add
    for name, value in set_headers.items():
        option = add(append_action=pb.OVERWRITE_IF_EXISTS_OR_ADD)
        header = option.header
        header.key = name.lower()
        header.raw_value = value.encode("utf-8", "surrogateescape")
    mutation.remove_headers.extend(remove)


def immediate(response: web.Response) -> Message:
    """Return a whole answer of the gateway's own."""
    message, body = pb.ProcessingResponse(), response.body
    made = message.immediate_response
    made.status.code = response.status
    made.body = body if isinstance(body, bytes) else b""
    made.details = "pointsman"
    change(made.headers, response.headers)
    return message


def tell(metadata: Message, facts: Facts) -> None:
    """Write facts into dynamic metadata; what is None is left out."""
    ours = metadata.fields[NAMESPACE].struct_value
    ours.SetInParent()  # also where there are no facts
    fields = ours.fields
    for name, value in facts.items():
        if isinstance(value, str):
            fields[name].string_value = value
        elif isinstance(value, bool):
            fields[name].bool_value = value
        elif value is not None:
            fields[name].number_value = value
