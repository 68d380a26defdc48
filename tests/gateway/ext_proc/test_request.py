"""A request of Envoy's is one that filters can serve: its headers, its body, its caller, and what became of it."""

import pytest

from filters.format_detection.body import BodyReader
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.exchange import Exchange
from gateway.ext_proc.request import request_of
from tests.support.fake_envoy import BUFFERED, DUPLEX

TOLD = {":method": "POST", ":path": "/v1/x%20y?a=1&b=%2F#c", ":authority": "models.test:80", ":scheme": "https"}


def exchange(headers=(), *, bodies=(), mode=DUPLEX, attributes=None):
    first = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=not bodies))
    for name, value in (*TOLD.items(), *headers):
        raw = value.encode("utf-8", "surrogateescape")
        first.request_headers.headers.headers.add(key=name, raw_value=raw)
    first.protocol_config.request_body_mode = mode
    if attributes:
        first.attributes["envoy.filters.http.ext_proc"].update(attributes)
    coming = [pb.ProcessingRequest(request_body=body) for body in bodies]

    async def read():
        return coming.pop(0)

    async def write(_):
        pass

    return Exchange(read, write, first)


async def test_it_says_what_was_asked():
    made = request_of(exchange([("x-a", "1"), ("x-a", "2"), ("x-odd", "\udcff")]))
    assert (made.method, made.path, made.rel_url.raw_path) == ("POST", "/v1/x y", "/v1/x%20y")
    assert dict(made.query) == {"a": "1", "b": "/"}
    assert made.headers.getall("X-A") == ["1", "2"]
    assert (made.headers["Host"], made.headers["x-odd"], made.scheme) == ("models.test:80", "\udcff", "https")
    assert ":path" not in made.headers
    assert made.content_length is None


async def test_its_body_is_read_as_it_comes():
    bodies = [pb.HttpBody(body=b"one"), pb.HttpBody(body=b"two", end_of_stream=True)]
    with BodyReader().reading() as body:
        assert await body.read(request_of(exchange(bodies=bodies))) == b"onetwo"


async def test_a_request_without_a_body_has_nothing_to_wait_for():
    made = request_of(exchange())
    assert BodyReader().at_hand(made) == b""
    assert BodyReader().at_hand(request_of(exchange(bodies=[pb.HttpBody()]))) is None


async def test_whether_an_answer_has_begun_is_known():
    served = exchange(mode=BUFFERED)
    made = request_of(served)
    assert made.writer.output_size == 0
    served.asked = True
    assert made.writer.output_size


@pytest.mark.parametrize(
    ("attributes", "forwarded", "caller"),
    [
        ({"source.address": "1.2.3.4:5678"}, ["9.9.9.9"], "1.2.3.4"),
        ({"source.address": "[::1]:5678"}, [], "::1"),
        ({"other": "x"}, ["8.8.8.8, 1.2.3.4"], "1.2.3.4"),
        ({}, ["8.8.8.8", "1.2.3.4"], "1.2.3.4"),
        ({}, [], None),
    ],
)
async def test_who_called_is_what_envoy_says(attributes, forwarded, caller):
    headers = [("x-forwarded-for", value) for value in forwarded]
    assert request_of(exchange(headers, attributes=attributes)).remote == caller
