"""The messages of `envoy.service.ext_proc.v3` and `grpc.health.v1` that are used here, as protobuf classes.

They are made at import from the table below, in a pool of their own. The published classes (`xds-protos`) cannot be
installed beside OpenTelemetry's, since they bring an old copy of `opentelemetry/proto` that takes its place. Version 3
of the API only ever grows, so that fields which are not named here are skipped. `tests/envoy` compares the table with
the published classes, and speaks with Envoy itself.

Enumerations are numbers, as they are on the wire.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

SERVICE: Final = "envoy.service.ext_proc.v3.ExternalProcessor"
METHOD: Final = "Process"
NONE, STREAMED, BUFFERED, BUFFERED_PARTIAL, FULL_DUPLEX_STREAMED, GRPC = range(6)
"""How bodies come: `ProcessingMode.BodySendMode`."""
MODES: Final = ("NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED", "GRPC")
OVERWRITE_IF_EXISTS_OR_ADD: Final = 2
"""`HeaderValueOption.HeaderAppendAction`."""

Message = Any
"""One of the messages below."""

_EXT_PROC, _CORE, _TYPE, _HEALTH = (
    "envoy.service.ext_proc.v3",
    "envoy.config.core.v3",
    "envoy.type.v3",
    "grpc.health.v1",
)
_FILTER: Final = "envoy.extensions.filters.http.ext_proc.v3"
_STRUCT: Final = "google.protobuf.Struct"

MESSAGES: Final[Mapping[str, str]] = {
    f"{_EXT_PROC}.ProcessingRequest": """
        request: HttpHeaders request_headers = 2
        request: HttpHeaders response_headers = 3
        request: HttpBody request_body = 4
        request: HttpBody response_body = 5
        request: HttpTrailers request_trailers = 6
        request: HttpTrailers response_trailers = 7
        map Struct attributes = 9
        ProtocolConfiguration protocol_config = 11
    """,
    f"{_EXT_PROC}.ProtocolConfiguration": """
        enum request_body_mode = 1
        enum response_body_mode = 2
        bool send_body_without_waiting_for_header_response = 3
    """,
    f"{_EXT_PROC}.ProcessingResponse": """
        response: HeadersResponse request_headers = 1
        response: HeadersResponse response_headers = 2
        response: BodyResponse request_body = 3
        response: BodyResponse response_body = 4
        response: TrailersResponse request_trailers = 5
        response: TrailersResponse response_trailers = 6
        response: ImmediateResponse immediate_response = 7
        Struct dynamic_metadata = 8
        ProcessingMode mode_override = 9
    """,
    f"{_EXT_PROC}.HttpHeaders": """
        HeaderMap headers = 1
        bool end_of_stream = 3
    """,
    f"{_EXT_PROC}.HttpBody": """
        bytes body = 1
        bool end_of_stream = 2
    """,
    f"{_EXT_PROC}.HttpTrailers": """
        HeaderMap trailers = 1
    """,
    f"{_EXT_PROC}.HeadersResponse": """
        CommonResponse response = 1
    """,
    f"{_EXT_PROC}.BodyResponse": """
        CommonResponse response = 1
    """,
    f"{_EXT_PROC}.TrailersResponse": """
        HeaderMutation header_mutation = 1
    """,
    f"{_EXT_PROC}.CommonResponse": """
        HeaderMutation header_mutation = 2
        BodyMutation body_mutation = 3
        bool clear_route_cache = 5
    """,
    f"{_EXT_PROC}.ImmediateResponse": """
        HttpStatus status = 1
        HeaderMutation headers = 2
        bytes body = 3
        string details = 5
    """,
    f"{_EXT_PROC}.HeaderMutation": """
        repeated HeaderValueOption set_headers = 1
        repeated string remove_headers = 2
    """,
    f"{_EXT_PROC}.BodyMutation": """
        mutation: bytes body = 1
        mutation: bool clear_body = 2
        mutation: StreamedBodyResponse streamed_response = 3
    """,
    f"{_EXT_PROC}.StreamedBodyResponse": """
        bytes body = 1
        bool end_of_stream = 2
    """,
    f"{_FILTER}.ProcessingMode": """
        enum response_body_mode = 4
    """,
    f"{_CORE}.HeaderMap": """
        repeated HeaderValue headers = 1
    """,
    f"{_CORE}.HeaderValue": """
        string key = 1
        string value = 2
        bytes raw_value = 3
    """,
    f"{_CORE}.HeaderValueOption": """
        HeaderValue header = 1
        enum append_action = 3
    """,
    f"{_TYPE}.HttpStatus": """
        enum code = 1
    """,
    f"{_HEALTH}.HealthCheckRequest": """
        string service = 1
    """,
    f"{_HEALTH}.HealthCheckResponse": """
        enum status = 1
    """,
}
"""The fields of each message, as in a .proto file; before the colon is the `oneof` that a field belongs to."""

_F: Final = FieldDescriptorProto
_SCALARS: Final = {
    "bool": _F.TYPE_BOOL, "bytes": _F.TYPE_BYTES, "string": _F.TYPE_STRING, "enum": _F.TYPE_INT32,
}  # fmt: skip
_NAMED: Final = {**{name.rpartition(".")[2]: name for name in MESSAGES}, "Struct": _STRUCT}


def _files() -> Iterator[FileDescriptorProto]:
    """Give one file for each package; the packages do not need one another in a circle."""
    alone = ((package, ()) for package in (_CORE, _TYPE, _FILTER, _HEALTH))
    for package, needs in (*alone, (_EXT_PROC, (_CORE, _TYPE, _FILTER))):
        file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        file.dependency.extend(["google/protobuf/struct.proto", *(f"{need}.proto" for need in needs)])
        for name, fields in MESSAGES.items():
            if name.rpartition(".")[0] == package:
                _add_message(file.message_type.add(name=name.rpartition(".")[2]), name, fields)
        yield file


def _add_message(message: DescriptorProto, name: str, fields: str) -> None:
    for line in filter(None, map(str.strip, fields.splitlines())):
        oneof, _, rest = line.rpartition(": ")
        *label, kind, field, _, number = rest.split()
        added = message.field.add(name=field, number=int(number), label=_F.LABEL_REPEATED if label else None)
        if oneof:
            if not message.oneof_decl:
                message.oneof_decl.add(name=oneof)
            added.oneof_index = 0
        if label == ["map"]:
            _add_map(message, added, name, kind)
        else:
            _set_type(added, kind)


def _add_map(message: DescriptorProto, field: FieldDescriptorProto, name: str, kind: str) -> None:
    """Add a map from text, which on the wire is a list of entries."""
    entry = message.nested_type.add(name=f"{field.name.title()}Entry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=_F.TYPE_STRING)
    _set_type(entry.field.add(name="value", number=2), kind)
    field.type, field.type_name = _F.TYPE_MESSAGE, f".{name}.{entry.name}"


def _set_type(field: FieldDescriptorProto, kind: str) -> None:
    if (scalar := _SCALARS.get(kind)) is not None:
        field.type = scalar
    else:
        field.type, field.type_name = _F.TYPE_MESSAGE, f".{_NAMED[kind]}"


def _made() -> Mapping[str, Any]:
    pool = DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    for file in _files():
        pool.AddSerializedFile(file.SerializeToString())
    return {short: GetMessageClass(pool.FindMessageTypeByName(name)) for short, name in _NAMED.items()}


_CLASSES: Final = _made()
ProcessingRequest: Any = _CLASSES["ProcessingRequest"]
ProcessingResponse: Any = _CLASSES["ProcessingResponse"]
ProtocolConfiguration: Any = _CLASSES["ProtocolConfiguration"]
HttpHeaders: Any = _CLASSES["HttpHeaders"]
HttpBody: Any = _CLASSES["HttpBody"]
HttpTrailers: Any = _CLASSES["HttpTrailers"]
HeadersResponse: Any = _CLASSES["HeadersResponse"]
BodyResponse: Any = _CLASSES["BodyResponse"]
TrailersResponse: Any = _CLASSES["TrailersResponse"]
CommonResponse: Any = _CLASSES["CommonResponse"]
ImmediateResponse: Any = _CLASSES["ImmediateResponse"]
HeaderMutation: Any = _CLASSES["HeaderMutation"]
BodyMutation: Any = _CLASSES["BodyMutation"]
StreamedBodyResponse: Any = _CLASSES["StreamedBodyResponse"]
HeaderMap: Any = _CLASSES["HeaderMap"]
HeaderValue: Any = _CLASSES["HeaderValue"]
HeaderValueOption: Any = _CLASSES["HeaderValueOption"]
HttpStatus: Any = _CLASSES["HttpStatus"]
ProcessingMode: Any = _CLASSES["ProcessingMode"]
Struct: Any = _CLASSES["Struct"]
HealthCheckRequest: Any = _CLASSES["HealthCheckRequest"]
HealthCheckResponse: Any = _CLASSES["HealthCheckResponse"]
