"""Messages are cut off what comes and wait for room where they go, and a call ends with its status."""

import asyncio
from urllib.parse import unquote

import pytest
from hpack import Decoder

from gateway.ext_proc.grpc_server import frames
from gateway.ext_proc.grpc_server.call import UNKNOWN, WINDOW, Call, Status, StatusError
from gateway.ext_proc.grpc_server.frames import Code, FrameReader, StreamError
from tests.support.http2 import message


class Line:
    """A connection that keeps what is sent."""

    def __init__(self):
        self.window = 1_000_000
        self.largest_frame = frames.MAX_FRAME
        self.full = False
        self.sent = b""

    def send(self, data):
        self.sent += data

    @property
    def frames(self):
        return list(FrameReader().feed(frames.PREFACE + self.sent))

    @property
    def kinds(self):
        return [kind for kind, *_ in self.frames]

    @property
    def body(self):
        return b"".join(payload for kind, _, _, payload in self.frames if kind == frames.DATA)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def call(line):
    return Call(line, 7, 1_000_000, 500_000, bytes, bytes)


def trailers(line):
    return dict(Decoder().decode([payload for kind, _, _, payload in line.frames if kind == frames.HEADERS][-1]))


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
async def test_messages_are_whole_wherever_they_are_cut(call, size):
    said = [b"", b"one", b"x" * 300, b"", b"last"]
    written = b"".join(map(message, said))
    for at in range(0, len(written), size):
        call.received(len(written[at : at + size]), written[at : at + size])
    call.half_closed()
    assert [await call.read() for _ in said] == said
    assert await call.read() is None
    assert await call.read() is None


async def test_a_reader_waits_for_the_next_message_and_for_the_end(call):
    reading = asyncio.ensure_future(call.read())
    await asyncio.sleep(0)
    call.received(8, message(b"one"))
    call.received(8, message(b"two"))
    assert (await reading, await call.read()) == (b"one", b"two")
    reading = asyncio.ensure_future(call.read())
    await asyncio.sleep(0)
    call.half_closed()
    assert await reading is None


async def test_messages_are_decoded_and_encoded(line):
    call = Call(line, 1, 1000, 1000, bytes.decode, str.encode)
    call.received(8, message(b"one"))
    assert await call.read() == "one"
    await call.write("two")
    assert line.body == message(b"two")


def test_a_packed_message_and_one_that_is_too_large_end_the_call(call):
    with pytest.raises(StatusError) as raised:
        call.received(6, message(b"x", packed=1))
    assert raised.value.status is Status.UNIMPLEMENTED


def test_a_message_is_too_large_as_soon_as_it_says_so(call):
    with pytest.raises(StatusError, match="500001 bytes; at most 500000") as raised:
        call.received(5, message(b"x" * 500_001)[:5])
    assert raised.value.status is Status.RESOURCE_EXHAUSTED


def test_more_than_the_window_is_a_fault_of_the_stream(call):
    for _ in range(16):
        call.received(frames.MAX_FRAME, message(b"x" * (frames.MAX_FRAME - 5)))
    with pytest.raises(StreamError) as raised:
        call.received(WINDOW, b"x" * WINDOW)
    assert (raised.value.stream, raised.value.code) == (7, Code.FLOW_CONTROL_ERROR)


async def test_the_window_is_given_back_while_little_is_unread(line, call):
    each = message(b"x" * 10_000)
    for _ in range(13):
        call.received(len(each), each)
    assert line.frames == [], "half of it is left"
    call.received(len(each), each)
    assert line.sent == frames.window_update(7, 14 * len(each))


async def test_the_window_is_kept_while_much_is_unread_and_given_back_by_reading(line, call):
    each = message(b"x" * 16_000)
    count = 0
    while len(line.frames) < 2 and count < 100:
        if call._room < len(each):
            break
        call.received(len(each), each)
        count += 1
    before = len(line.frames)
    assert count * 16_000 <= 2 * WINDOW + WINDOW // 2, "a client cannot make it hold any number of messages"
    for _ in range(count):
        await call.read()
    assert len(line.frames) > before, "a client may go on"


async def test_a_message_larger_than_the_window_comes_whole(line, call):
    whole, came = message(b"x" * 400_000), 0
    while came < len(whole):
        piece = whole[came : came + frames.MAX_FRAME]
        call.received(len(piece), piece)
        came += len(piece)
    assert await call.read() == whole[5:]


async def test_nothing_is_given_back_to_a_client_that_has_ended(line, call):
    for _ in range(9):
        call.received(frames.MAX_FRAME, message(b"x" * (frames.MAX_FRAME - 5)))
    sent = line.sent
    call.half_closed()
    while await call.read() is not None:
        pass
    assert line.sent == sent


async def test_the_first_message_comes_with_the_headers(line, call):
    await call.write(b"one")
    await call.write(b"two")
    assert line.kinds == [frames.HEADERS, frames.DATA, frames.DATA]
    assert Decoder().decode(line.frames[0][3]) == [(":status", "200"), ("content-type", "application/grpc")]
    assert line.body == message(b"one") + message(b"two")


async def test_a_large_message_goes_in_frames_that_the_client_takes(line, call):
    await call.write(b"x" * 40_000)
    assert [len(payload) for kind, _, _, payload in line.frames if kind == frames.DATA] == [16384, 16384, 7237]
    assert line.body == message(b"x" * 40_000)
    assert (call.window, line.window) == (1_000_000 - 40_005, 1_000_000 - 40_005)


@pytest.mark.parametrize("narrow", ["stream", "connection", "buffer"])
async def test_a_message_waits_for_room(line, call, narrow):
    if narrow == "stream":
        call.window = 4
    elif narrow == "connection":
        line.window = 4
    else:
        line.full = True
    writing = asyncio.ensure_future(call.write(b"12345"))
    await asyncio.sleep(0)
    assert line.body == (b"" if narrow == "buffer" else message(b"12345")[:4])
    call.room()
    await asyncio.sleep(0)
    assert not writing.done(), "told in vain"
    call.window, line.window, line.full = 100, 100, False
    call.room()
    await writing
    assert line.body == message(b"12345")


async def test_a_window_that_is_less_than_nothing_sends_nothing(line, call):
    call.window = -50
    writing = asyncio.ensure_future(call.write(b"1"))
    await asyncio.sleep(0)
    assert (line.sent, writing.done()) == (b"", False)
    writing.cancel()


async def test_a_call_ends_with_its_status_behind_its_messages(line, call):
    call.half_closed()
    await call.write(b"one")
    call.finish(Status.OK)
    assert trailers(line) == {"grpc-status": "0"}
    assert line.frames[-1][:2] == (frames.HEADERS, frames.END_HEADERS | frames.END_STREAM)


def test_a_status_without_a_message_comes_alone(line, call):
    call.half_closed()
    call.finish(Status.ABORTED, "why")
    assert trailers(line) == {
        ":status": "200", "content-type": "application/grpc", "grpc-status": "10", "grpc-message": "why",
    }  # fmt: skip
    assert len(line.frames) == 1


def test_a_client_that_is_still_sending_is_told_that_it_need_not(line, call):
    call.finish(Status.OK)
    assert line.sent.endswith(frames.reset(7, Code.NO_ERROR))


@pytest.mark.parametrize("text", ["100 %\n", "größer", "a b", 'quoted "x" ~'])
def test_a_text_survives_its_way(line, call, text):
    call.finish(Status.INTERNAL, text)
    told = trailers(line)["grpc-message"]
    assert told.isascii()
    assert told.isprintable()
    assert unquote(told) == text


async def test_what_has_ended_says_nothing_more(line, call):
    call.finish(Status.OK)
    sent = line.sent
    await call.write(b"late")
    await call.write(b"x" * 100_000)
    call.finish(Status.INTERNAL)
    assert line.sent == sent


async def test_a_call_that_is_given_up_ends_its_task(line, call):
    call.task = asyncio.ensure_future(call.read())
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.task
    call.finish(Status.OK)
    assert line.sent == b""


async def test_what_is_not_served_says_so(call):
    with pytest.raises(StatusError) as raised:
        await UNKNOWN.serve(call)
    assert raised.value.status is Status.UNIMPLEMENTED
