import orjson
import pytest
from aiohttp import web

from filters.errors import DownstreamError
from filters.format_detection.body import parse_object, read_body

READ = web.RequestKey("read", bytes)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"[]", "an array"),
        (b'"x"', "a string"),
        (b"1", "a number"),
        (b"true", "a boolean"),
        (b"null", "null"),
        (b"{", "not JSON"),
        (b'{"secret": NaN}', "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"[" * 5000, "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
    ],
)
def test_what_is_no_json_object_is_told_what_it_is(body, says):
    with pytest.raises(DownstreamError, match=says) as caught:
        parse_object(body)
    assert caught.value.status == 400
    assert "secret" not in caught.value.message


def test_half_an_emoji_is_replaced_and_does_not_fail_the_request():
    lone_high, lone_low, pair, literal = rb"\ud83d", rb"\ude00", rb"\ud83d\ude00", rb"\\ud83d"
    body = b'{"a": "%b", "b": "%b", "c": "%b", "d": "%b"}' % (lone_high, lone_low, pair, literal)
    parsed, parsed_from = parse_object(body)
    assert parsed == {"a": "\ufffd", "b": "\ufffd", "c": "\U0001f600", "d": "\\ud83d"}
    assert orjson.loads(parsed_from) == parsed


def test_what_parses_as_it_is_stays_as_it_is():
    body = b'{"a": 1.0, "b": "\\ud83d\\ude00"}'
    assert parse_object(body)[1] is body


async def test_the_body_comes_without_its_byte_order_mark(serve):
    client = await serve([Reading()], lambda request: request[READ].decode())
    answer = await client.post("/", data=b"\xef\xbb\xbf{}")
    assert await answer.json() == "{}"


async def test_a_body_over_the_limit_is_a_413_that_names_the_setting(serve):
    client = await serve([Reading()], client_max_size=100)
    answer = await client.post("/", data=b"x" * 101)
    assert answer.status == 413
    assert "limits.max_body_bytes" in (await answer.json())["error"]["message"]
    assert (await client.post("/", data=b"x" * 100)).status == 200


async def test_a_body_that_is_not_what_its_content_encoding_says_is_a_400(serve):
    client = await serve([Reading()])
    answer = await client.post("/", data=b"not gzip", headers={"Content-Encoding": "gzip"}, skip_auto_headers=())
    assert answer.status == 400
    assert "gzip" in orjson.loads(await answer.read())["error"]["message"]


class Reading:
    __middleware_version__ = 1

    async def __call__(self, request, handler):
        request[READ] = await read_body(request)
        return await handler(request)
