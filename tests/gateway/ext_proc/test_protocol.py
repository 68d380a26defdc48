"""The messages are those of the API: what one side writes the other reads, and what is not known is skipped."""

import pytest

from gateway.ext_proc import protocol as pb


def test_a_message_is_what_it_was():
    made = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=True))
    made.request_headers.headers.headers.add(key="a", raw_value=b"\xff")
    made.attributes["filter"].update({"source.address": "1.2.3.4:5"})
    made.protocol_config.request_body_mode = pb.FULL_DUPLEX_STREAMED
    read = pb.ProcessingRequest.FromString(made.SerializeToString())
    assert read == made
    assert read.WhichOneof("request") == "request_headers"
    assert read.attributes["filter"]["source.address"] == "1.2.3.4:5"
    assert pb.MODES[read.protocol_config.request_body_mode] == "FULL_DUPLEX_STREAMED"


def test_of_a_choice_the_last_stands():
    made = pb.BodyMutation(body=b"x")
    made.clear_body = True
    assert (made.WhichOneof("mutation"), made.body) == ("clear_body", b"")


def test_the_bytes_are_those_of_the_api():
    """Written out by hand from `external_processor.proto`: field number and wire type, length, content."""
    said = pb.ProcessingResponse(immediate_response=pb.ImmediateResponse(status=pb.HttpStatus(code=404), body=b"no"))
    assert said.SerializeToString() == bytes.fromhex("3a09 0a03 0894 03 1a02 6e6f".replace(" ", ""))


def test_fields_that_are_not_known_are_skipped():
    unknown = bytes.fromhex("5001")  # observability_mode = 10, true
    assert pb.ProcessingRequest.FromString(unknown).WhichOneof("request") is None


@pytest.mark.parametrize("name", pb.MESSAGES)
def test_each_message_has_a_class(name):
    made = getattr(pb, name.rpartition(".")[2])
    assert made.DESCRIPTOR.full_name == name
    assert len(made.DESCRIPTOR.fields) == len(pb.MESSAGES[name].strip().splitlines())


def test_nothing_is_registered_where_published_classes_would_be():
    from google.protobuf.descriptor_pool import Default

    with pytest.raises(KeyError):
        Default().FindMessageTypeByName("envoy.service.ext_proc.v3.ProcessingRequest")
