"""The order of messages between Envoy and the processor, in each mode of bodies."""

import pytest
from aiohttp import web

from filters.errors import DownstreamError
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.exchange import Asked, Chunk, EndedError, Exchange, OutOfOrderError
from tests.support.fake_envoy import BUFFERED, DUPLEX, NONE, STREAMED

BODY, LAST = pb.HttpBody(body=b"more"), pb.HttpBody(body=b"end", end_of_stream=True)
HEAD = pb.ProcessingRequest(response_headers=pb.HttpHeaders())
HEAD.response_headers.headers.headers.add(key=":status", raw_value=b"200")
ASKED = Asked({"x-a": "1"}, ["x-b"], b"sent", {"model": "m"})


def request_body(body):
    return pb.ProcessingRequest(request_body=body)


def response_body(body):
    return pb.ProcessingRequest(response_body=body)


REQUEST_TRAILERS = pb.ProcessingRequest(request_trailers=pb.HttpTrailers())
RESPONSE_TRAILERS = pb.ProcessingRequest(response_trailers=pb.HttpTrailers())


class Script:
    """An exchange with an Envoy that says these messages, and what was said to it."""

    def __init__(self, *messages, request=BUFFERED, response=STREAMED, bare=False):
        self.messages = list(messages)
        self.said = []
        first = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=bare))
        first.protocol_config.request_body_mode = request
        first.protocol_config.response_body_mode = response
        self.exchange = Exchange(self.read, self.write, first)

    async def read(self):
        return self.messages.pop(0) if self.messages else None

    async def write(self, message):
        self.said.append(message)

    @property
    def kinds(self):
        return [message.WhichOneof("response") for message in self.said]


async def test_a_buffered_body_comes_once_the_headers_are_answered():
    script = Script(request_body(LAST), HEAD)
    assert script.exchange.has_body
    assert await script.exchange.read_body() == b"end"
    assert await script.exchange.read_body() == b""
    head = await script.exchange.ask(ASKED)
    assert (head.status, head.whole, head.streamed) == (200, False, False)
    assert script.kinds == ["request_headers", "request_body"]
    common = script.said[1].request_body.response
    assert common.body_mutation.body == b"sent"
    assert common.clear_route_cache
    assert {each.header.key: each.header.raw_value for each in common.header_mutation.set_headers} == {
        "x-a": b"1",
        "content-length": b"4",
    }
    assert list(common.header_mutation.remove_headers) == ["x-b"]
    assert script.said[1].dynamic_metadata["pointsman"]["model"] == "m"


def sized(script, length):
    script.exchange.headers["content-length"] = length
    return script


async def test_a_short_body_is_asked_for_before_it_is_read():
    script = sized(Script(request_body(LAST), HEAD), "65536")
    await script.exchange.ask_for_short_body()
    assert script.kinds == ["request_headers"]
    assert await script.exchange.read_body() == b"end"
    await script.exchange.ask(ASKED)
    assert script.kinds == ["request_headers", "request_body"]


@pytest.mark.parametrize(
    ("length", "options"),
    [("65537", {}), ("", {}), ("12, 12", {}), ("12", {"bare": True}), ("12", {"request": DUPLEX})],
)
async def test_no_other_body_is_asked_for_before_it_is_read(length, options):
    script = sized(Script(**options), length)
    await script.exchange.ask_for_short_body()
    assert script.said == []


async def test_a_request_without_a_body_is_changed_with_its_headers():
    script = Script(HEAD, bare=True)
    assert not script.exchange.has_body
    await script.exchange.ask(Asked({}, [], None, {}))
    assert script.kinds == ["request_headers"]
    assert not script.said[0].request_headers.response.HasField("body_mutation")


async def test_a_body_that_nobody_read_is_read_before_the_request_goes_on():
    script = Script(request_body(LAST), HEAD)
    await script.exchange.ask(ASKED)
    assert script.kinds == ["request_headers", "request_body"]


async def test_in_full_duplex_nothing_goes_on_before_the_body_was_read():
    script = Script(request_body(BODY), request_body(pb.HttpBody()), request_body(LAST), HEAD, request=DUPLEX)
    assert [await script.exchange.read_body() for _ in range(3)] == [b"more", b"end", b""]
    assert script.said == []
    await script.exchange.ask(ASKED)
    assert script.kinds == ["request_headers", "request_body"]
    streamed = script.said[1].request_body.response.body_mutation.streamed_response
    assert (streamed.body, streamed.end_of_stream) == (b"sent", True)


async def test_a_large_body_is_sent_back_in_pieces():
    script = Script(request_body(LAST), HEAD, request=DUPLEX)
    body = bytes(150_000)
    await script.exchange.ask(Asked({}, [], body, {}))
    pieces = [each.request_body.response.body_mutation.streamed_response for each in script.said[1:]]
    assert b"".join(each.body for each in pieces) == body
    assert [each.end_of_stream for each in pieces] == [False, False, True]


async def test_trailers_go_on_behind_the_body():
    script = Script(request_body(BODY), REQUEST_TRAILERS, HEAD, request=DUPLEX)
    assert [await script.exchange.read_body() for _ in range(2)] == [b"more", b""]
    await script.exchange.ask(ASKED)
    assert script.kinds == ["request_headers", "request_body", "request_trailers"]
    assert not script.said[1].request_body.response.body_mutation.streamed_response.end_of_stream


async def test_trailers_behind_a_buffered_body_come_after_it_was_answered():
    script = Script(request_body(BODY), REQUEST_TRAILERS, HEAD)
    await script.exchange.ask(ASKED)
    assert script.kinds == ["request_headers", "request_body", "request_trailers"]


async def test_a_refusal_stands_in_place_of_everything_else():
    script = Script()
    await script.exchange.refuse(web.Response(status=401, body=b"no", headers={"X-A": "1"}))
    [message] = script.said
    assert (message.immediate_response.status.code, message.immediate_response.body) == (401, b"no")
    assert not script.exchange.asked


async def test_the_chunks_of_an_answer_pass_as_they_came_or_as_something_else():
    script = Script(response_body(BODY), response_body(BODY), response_body(LAST))
    sent = iter([b"more", b"", b"other"])
    async for chunk in script.exchange.chunks():
        await script.exchange.passed(chunk, next(sent), {"n": 1} if chunk.last else None)
    same, gone, other = (each.response_body.response for each in script.said)
    assert not same.HasField("body_mutation")
    assert gone.body_mutation.clear_body
    assert other.body_mutation.body == b"other"
    assert script.said[2].dynamic_metadata["pointsman"]["n"] == 1


async def test_in_full_duplex_chunks_are_sent_back():
    script = Script(response_body(BODY), response_body(LAST), response=DUPLEX)
    async for chunk in script.exchange.chunks():
        await script.exchange.passed(chunk, chunk.data)
    sent = [each.response_body.response.body_mutation.streamed_response for each in script.said]
    assert [(each.body, each.end_of_stream) for each in sent] == [(b"more", False), (b"end", True)]


async def test_the_trailers_of_an_answer_are_its_end():
    script = Script(RESPONSE_TRAILERS)
    [chunk] = [each async for each in script.exchange.chunks()]
    assert chunk == Chunk(b"", last=True, trailers=True)
    await script.exchange.passed(chunk, b"lost, since nothing can be added here")
    assert script.kinds == ["response_trailers"]


async def test_in_full_duplex_what_is_left_goes_before_the_trailers():
    script = Script(RESPONSE_TRAILERS, response=DUPLEX)
    async for chunk in script.exchange.chunks():
        await script.exchange.passed(chunk, b"rest")
    assert script.kinds == ["response_body", "response_trailers"]
    assert not script.said[0].response_body.response.body_mutation.streamed_response.end_of_stream


async def test_chunks_end_where_the_answer_breaks_off():
    assert [each.last async for each in Script(response_body(BODY)).exchange.chunks()] == [False]


async def test_envoy_that_ends_before_the_answer_is_told_apart_from_one_that_is_confused():
    with pytest.raises(EndedError):
        await Script(bare=True).exchange.ask(ASKED)
    with pytest.raises(OutOfOrderError, match="response_body, where response_headers"):
        await Script(response_body(LAST), bare=True).exchange.ask(ASKED)


@pytest.mark.parametrize("mode", [NONE, STREAMED])
def test_a_mode_in_which_the_body_cannot_be_read_is_named(mode):
    assert "it must be BUFFERED or FULL_DUPLEX_STREAMED" in Script(request=mode).exchange.unreadable
    assert Script(request=mode, bare=True).exchange.unreadable is None
    assert Script().exchange.unreadable is None


def test_a_stream_that_begins_with_something_else_is_refused():
    with pytest.raises(OutOfOrderError, match="request_header_mode must be SEND"):
        Exchange(None, None, request_body(LAST))


async def test_an_answer_that_envoy_gives_before_the_body_has_come_is_left_alone():
    too_large = pb.ProcessingRequest(response_headers=pb.HttpHeaders())
    too_large.response_headers.headers.headers.add(key=":status", raw_value=b"413")
    for mode in (BUFFERED, DUPLEX):
        script = Script(too_large, request=mode)
        with pytest.raises(DownstreamError, match="Envoy itself answered") as raised:
            await script.exchange.read_body()
        assert raised.value.status == 413
        assert script.exchange.asked, "so that no other answer is given"


async def test_envoy_can_be_told_to_keep_the_body_of_an_answer_to_itself():
    script = Script()
    await script.exchange.begin({}, (), unseen=True)
    await script.exchange.begin({}, ())
    assert [message.HasField("mode_override") for message in script.said] == [True, False]
    assert script.said[0].mode_override.response_body_mode == NONE
