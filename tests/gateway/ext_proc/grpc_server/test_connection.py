"""A peer that keeps to HTTP/2 is served; one that does not is told why, and what a peer may do is bounded."""

import asyncio
import re

import pytest

from gateway.ext_proc.grpc_server import connection, frames, patience
from gateway.ext_proc.grpc_server.frames import Code
from tests.support.http2 import DEFECT, ECHO, SETTINGS, SINK, data, grpc_server, message

END = frames.END_STREAM
WHOLE = frames.END_HEADERS | END
SAID = message(b"hello")


@pytest.fixture
async def serving(tmp_path):
    async with grpc_server(f"unix:{tmp_path}/s") as made:
        yield made


@pytest.fixture
async def peer(serving):
    async with serving.peer() as made:
        yield made


async def answered(peer, said=SAID):
    """Whether an echo comes, and the call ends well."""
    assert (await peer.headers())[":status"] == "200"
    assert await peer.messages(len(said)) == said
    return (await peer.headers())["grpc-status"] == "0"


async def test_the_server_says_first_what_a_client_may_do(peer):
    _, _, stream, payload = await peer.next(frames.SETTINGS)
    told = dict(frames.settings_of(payload))
    assert stream == 0
    assert told == {frames.MAX_CONCURRENT_STREAMS: 4096, frames.INITIAL_WINDOW_SIZE: 262_144,
                    frames.MAX_HEADER_LIST_SIZE: 16_384}  # fmt: skip
    assert (await peer.next(frames.WINDOW_UPDATE))[3] == (16 * 1024 * 1024 - 65_535).to_bytes(4, "big")
    assert await peer.next() == (frames.SETTINGS, frames.ACK, 0, b"")


@pytest.mark.parametrize("cut", [1, 5, 24, 30, 1000])
async def test_a_call_is_served_wherever_its_bytes_are_cut(serving, cut):
    async with serving.peer(b"P") as peer:
        said = frames.PREFACE[1:] + SETTINGS + peer.call(1) + data(1, SAID, END)
        for at in range(0, len(said), cut):
            peer.send(said[at : at + cut])
            await asyncio.sleep(0)
        assert await answered(peer)


async def test_padding_priorities_and_unknown_frames_do_not_matter(peer):
    block = peer.block()
    padded = b"\x05" + b"\0\0\0\0\x10" + block + b"\0" * 5
    flags = frames.END_HEADERS | frames.PADDED | frames.PRIORITISED
    peer.send(
        frames.frame(frames.PRIORITY, 0, 9, b"\0\0\0\0\x10"),
        frames.frame(0x42, 0xFF, 3, b"anything"),
        frames.frame(frames.HEADERS, flags, 1, padded),
        data(1, b"\x03" + SAID[:4] + b"\0" * 3, frames.PADDED),
        frames.frame(frames.GOAWAY, 0, 0, bytes(8)),
        data(1, b""),
        data(1, b"\x00" + SAID[4:], frames.PADDED | END),
    )
    assert await answered(peer)


async def test_headers_may_come_in_pieces(peer):
    block = peer.block()
    peer.send(
        frames.frame(frames.HEADERS, 0, 1, block[:3]), frames.frame(frames.CONTINUATION, 0, 1, block[3:5]),
        frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block[5:]), data(1, SAID, END),
    )  # fmt: skip
    assert await answered(peer)


async def test_trailers_of_the_client_end_what_it_says(peer):
    trailers = peer._encoder.encode([("x-trailer", "1")])
    peer.send(peer.call(1), data(1, SAID), frames.frame(frames.HEADERS, WHOLE, 1, trailers))
    assert await answered(peer)


async def test_headers_in_the_middle_of_a_call_end_it(peer):
    peer.send(peer.call(1), peer.call(1))
    assert await peer.reset() == (1, Code.PROTOCOL_ERROR)


async def test_a_call_without_a_message_ends_at_once(peer):
    peer.send(peer.call(1, flags=WHOLE))
    headers = await peer.headers()
    assert (headers[":status"], headers["grpc-status"], headers["end"]) == ("200", "0", True)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", ""])
async def test_what_is_no_grpc_is_refused_by_its_type(peer, content_type):
    peer.send(peer.call(1, content_type=content_type), data(1, b"{}", END), peer.call(3), data(3, SAID, END))
    assert await peer.headers() == {":status": "415", "end": True}
    assert await answered(peer)


async def test_a_ping_is_answered_with_what_it_brought(peer):
    await peer.pong(b"\0\1\2\3\4\5\6\7")


async def test_a_message_that_cannot_be_taken_ends_its_call_alone(peer):
    peer.send(peer.call(1), data(1, message(b"x", packed=1)), data(1, b"more"), peer.call(3), data(3, SAID, END))
    assert (await peer.headers())["grpc-status"] == "12"
    assert await peer.reset() == (1, Code.NO_ERROR)
    assert await answered(peer)


async def test_a_defect_ends_its_call_alone_and_gives_nothing_away(peer):
    defects = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: defects.append(context))
    peer.send(peer.call(1, DEFECT), data(1, SAID, END), peer.call(3), data(3, SAID, END))
    assert "prompt" not in str(await peer.headers())
    assert await answered(peer)


@pytest.mark.parametrize(
    ("sent", "code", "why"),
    [
        (data(1, b"x"), Code.PROTOCOL_ERROR, "stream 1, which has not begun"),
        (data(0, b"x"), Code.PROTOCOL_ERROR, "stream 0"),
        (frames.reset(5, Code.CANCEL), Code.PROTOCOL_ERROR, "stream 5"),
        (frames.window_update(5, 1), Code.PROTOCOL_ERROR, "stream 5"),
        (frames.window_update(0, 0), Code.FLOW_CONTROL_ERROR, "WINDOW_UPDATE of 0"),
        (frames.window_update(0, 2**31 - 1), Code.FLOW_CONTROL_ERROR, "WINDOW_UPDATE"),
        (frames.frame(frames.WINDOW_UPDATE, 0, 0, b"\0"), Code.FRAME_SIZE_ERROR, "1 bytes"),
        (frames.frame(frames.RST_STREAM, 0, 1, b"\0" * 5), Code.FRAME_SIZE_ERROR, "5 bytes"),
        (frames.frame(frames.PING, 0, 0, b"\0" * 7), Code.FRAME_SIZE_ERROR, "PING of 7 bytes"),
        (frames.frame(frames.PING, 0, 1, b"\0" * 8), Code.FRAME_SIZE_ERROR, "stream 1"),
        (frames.frame(frames.SETTINGS, 0, 0, b"\0" * 5), Code.FRAME_SIZE_ERROR, "SETTINGS of 5"),
        (frames.frame(frames.SETTINGS, 0, 1), Code.PROTOCOL_ERROR, "SETTINGS"),
        (frames.frame(frames.SETTINGS, frames.ACK, 0, b"\0" * 6), Code.PROTOCOL_ERROR, "SETTINGS"),
        (frames.settings({frames.MAX_FRAME_SIZE: 100}), Code.PROTOCOL_ERROR, "MAX_FRAME_SIZE of 100"),
        (frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31}), Code.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE"),
        (frames.frame(frames.PUSH_PROMISE, 4, 1, b"\0\0\0\2"), Code.PROTOCOL_ERROR, "PUSH_PROMISE"),
        (frames.frame(frames.CONTINUATION, 4, 1, b""), Code.PROTOCOL_ERROR, "CONTINUATION"),
        (frames.frame(frames.HEADERS, 4, 2, b"\x82"), Code.PROTOCOL_ERROR, "stream 2"),
        (frames.frame(frames.HEADERS, 4, 0, b"\x82"), Code.PROTOCOL_ERROR, "stream 0"),
        (frames.frame(frames.HEADERS, 4, 1, b"\xfe"), Code.COMPRESSION_ERROR, "header block"),
        (frames.frame(frames.HEADERS, 4 | frames.PADDED, 1, b"\x09\x82"), Code.PROTOCOL_ERROR, "padding"),
        (frames.frame(1, 0, 1, b"\x82") + data(1, b"x"), Code.PROTOCOL_ERROR, "interrupted"),
        (frames.frame(1, 0, 1) + frames.frame(frames.CONTINUATION, 4, 3), Code.PROTOCOL_ERROR, "CONTINUATION"),
        (b"\0\x40\1\0\0\0\0\0\1", Code.FRAME_SIZE_ERROR, "16385 bytes"),
    ],
)  # fmt: skip
async def test_what_no_client_may_send_ends_the_connection_with_the_reason(peer, sent, code, why, log_lines):
    peer.send(sent)
    told = await peer.fault()
    assert (told[0], bool(re.search(why, told[1]))) == (code, True), told
    assert log_lines[-1] == {"event": "http2_fault", "reason": told[1], "log_level": "warning"}


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", "preface"),
        (frames.PREFACE[:-1] + b"x", "preface"),
        (frames.PREFACE + frames.frame(frames.PING, 0, 0, b"12345678"), "first frame"),
        (frames.PREFACE + frames.frame(frames.SETTINGS, frames.ACK, 0), "first frame"),
    ],
)
async def test_a_connection_begins_with_its_preface_and_settings(serving, first, why):
    async with serving.peer(first) as peer:
        code, told = await peer.fault()
        assert code == Code.PROTOCOL_ERROR
        assert why in told


async def test_a_connection_that_says_nothing_is_closed_after_a_while(serving, monkeypatch):
    monkeypatch.setattr(connection, "_HANDSHAKE_SECONDS", 0.05)
    async with serving.peer(frames.PREFACE[:5]) as peer:
        while await peer.next() is not None:
            pass
    async with serving.peer() as peer:
        await asyncio.sleep(0.15)
        await peer.pong()


async def test_what_comes_late_for_a_call_that_has_ended_is_passed_over(peer):
    peer.send(peer.call(1), data(1, SAID, END))
    assert await answered(peer)
    peer.send(data(1, b"late"), frames.window_update(1, 5), frames.reset(1, Code.CANCEL), peer.call(1, flags=WHOLE))
    await peer.pong()


async def test_a_window_of_nothing_holds_an_answer_until_it_grows(serving):
    async with serving.peer(frames.PREFACE, frames.settings({frames.INITIAL_WINDOW_SIZE: 0})) as peer:
        peer.send(peer.call(1), data(1, SAID, END))
        await peer.pong()
        assert peer.data == 0
        peer.send(frames.window_update(1, 3))
        assert await peer.messages(3) == SAID[:3]
        await peer.pong(b"........")
        peer.send(frames.settings({frames.INITIAL_WINDOW_SIZE: 100}))
        assert await peer.messages(len(SAID) - 3) == SAID[3:]
        assert (await peer.headers())["grpc-status"] == "0"


async def test_settings_may_take_a_window_below_nothing(serving):
    async with serving.peer(frames.PREFACE, frames.settings({frames.INITIAL_WINDOW_SIZE: 20})) as peer:
        peer.send(peer.call(1), data(1, message(b"x" * 15)))
        assert len(await peer.messages(20)) == 20
        peer.send(frames.settings({frames.INITIAL_WINDOW_SIZE: 0}), data(1, SAID, END), frames.window_update(1, 20))
        await peer.pong()
        assert sum(len(payload) for kind, _, _, payload in peer.got if kind == frames.DATA) == 20, (
            "it stands at 0 again"
        )
        peer.send(frames.window_update(1, 10))
        assert await peer.messages(10) == SAID


async def test_the_window_of_the_connection_is_shared(serving):
    async with serving.peer(frames.PREFACE, frames.settings({frames.INITIAL_WINDOW_SIZE: 1_000_000})) as peer:
        large = message(b"x" * 40_000)
        for stream in (1, 3):
            peer.send(peer.call(stream))
            for at in range(0, len(large), frames.MAX_FRAME):
                peer.send(
                    data(stream, large[at : at + frames.MAX_FRAME], END if at + frames.MAX_FRAME >= len(large) else 0)
                )
        assert len(await peer.messages(65_535)) == 65_535
        await peer.pong()
        assert peer.data == 65_535
        peer.send(frames.window_update(0, 1_000_000))
        assert len(await peer.messages(2 * len(large) - 65_535)) == 2 * len(large) - 65_535


@pytest.mark.parametrize("increment", [0, 2**31 - 1])
async def test_a_window_that_cannot_be_ends_its_call(peer, increment):
    peer.send(peer.call(1), frames.window_update(1, increment))
    assert await peer.reset() == (1, Code.FLOW_CONTROL_ERROR)
    await peer.pong()


async def test_a_client_that_sends_more_than_its_window_loses_its_call(serving, peer):
    peer.send(peer.call(1, SINK))
    for _ in range(32):
        peer.send(data(1, message(b"x" * (frames.MAX_FRAME - 5))))
    peer.send(*[data(1, message(b"x" * (frames.MAX_FRAME - 5)))] * 20)
    assert await peer.reset() == (1, Code.FLOW_CONTROL_ERROR)
    await peer.pong()
    assert (serving.sink.begun, serving.sink.ended) == (1, 1)


async def test_larger_frames_are_sent_where_the_client_takes_them(serving):
    ours = {frames.MAX_FRAME_SIZE: 60_000, frames.INITIAL_WINDOW_SIZE: 1_000_000}
    async with serving.peer(frames.PREFACE, frames.settings(ours)) as peer:
        large = message(b"x" * 50_000)
        peer.send(peer.call(1), *(data(1, large[at : at + 16_384]) for at in range(0, len(large), 16_384)))
        assert len((await peer.next(frames.DATA))[3]) == len(large)


async def test_a_client_that_resets_its_call_ends_it(serving, peer):
    peer.send(peer.call(1, SINK), data(1, SAID))
    await peer.pong()
    assert serving.sink.begun == 1
    peer.send(frames.reset(1, Code.CANCEL))
    await peer.pong(b"........")
    assert serving.sink.ended == 1


async def test_calls_beyond_the_number_that_was_told_are_refused(serving, peer, monkeypatch):
    monkeypatch.setattr(connection, "STREAMS", 3)
    peer.send(*(peer.call(stream, SINK) for stream in (1, 3, 5, 7)))
    assert await peer.reset() == (7, Code.REFUSED_STREAM)
    peer.send(frames.reset(1, Code.CANCEL))
    await peer.pong()
    peer.send(peer.call(9), data(9, SAID, END))
    assert await answered(peer)


async def test_calls_that_were_reset_count_until_their_tasks_have_ended(peer, monkeypatch):
    monkeypatch.setattr(connection, "STREAMS", 3)
    peer.send(
        *(part for stream in (1, 3, 5, 7) for part in (peer.call(stream, SINK), frames.reset(stream, Code.CANCEL)))
    )
    assert await peer.reset() == (7, Code.REFUSED_STREAM)


@pytest.mark.parametrize(
    "idle",
    [
        frames.frame(frames.PING, 0, 0, b"12345678"), SETTINGS, frames.frame(frames.PRIORITY, 0, 1, b"12345"),
        frames.window_update(0, 1), data(1, b""), data(1, b"\0", frames.PADDED), frames.reset(1, Code.CANCEL),
        frames.frame(0x77, 0, 0, b""),
    ],
)  # fmt: skip
async def test_frames_that_bring_nothing_are_taken_in_bounded_numbers(serving, monkeypatch, idle):
    monkeypatch.setattr(patience, "PER_SECOND", 50)
    async with serving.peer() as peer:
        peer.send(peer.call(1, SINK), idle * 1_000)
        code, why = await peer.fault()
        assert code == Code.ENHANCE_YOUR_CALM
        assert "bring nothing" in why


async def test_resets_in_rapid_succession_are_bounded(serving, monkeypatch):
    monkeypatch.setattr(patience, "PER_SECOND", 50)
    async with serving.peer() as peer:
        for stream in range(1, 401, 2):
            peer.send(peer.call(stream, SINK), frames.reset(stream, Code.CANCEL))
        code, _ = await peer.fault()
        assert code == Code.ENHANCE_YOUR_CALM
        assert serving.sink.begun == serving.sink.ended


async def test_headers_without_an_end_are_bounded(peer):
    peer.send(frames.frame(frames.HEADERS, 0, 1, b"\x00\x01a\x7f\xff\xff\xff"))
    peer.send(*[frames.frame(frames.CONTINUATION, 0, 1, b"x" * 8_000)] * 3)
    code, why = await peer.fault()
    assert (code, "16384 bytes" in why) == (Code.ENHANCE_YOUR_CALM, True)


async def test_a_fault_ends_the_calls_of_its_connection_alone(serving):
    async with serving.peer() as one, serving.peer() as other:
        one.send(one.call(1, SINK))
        await one.pong()
        one.send(data(0, b""))
        await one.fault()
        assert (serving.sink.begun, serving.sink.ended) == (1, 1)
        other.send(other.call(1, ECHO), data(1, SAID, END))
        assert await answered(other)


async def test_a_client_that_does_not_read_makes_calls_wait(serving):
    ours = {frames.INITIAL_WINDOW_SIZE: 2**31 - 1}
    async with serving.peer(frames.PREFACE, frames.settings(ours), frames.window_update(0, 2**30)) as peer:
        serving.sink.go_on.set()
        peer.send(peer.call(1, SINK))
        large = message(b"x" * 16_000)
        sent = 0
        for _ in range(1500):
            peer.send(data(1, large))
            sent += len(large)
        await asyncio.sleep(0.3)
        [held] = serving.server._connections
        assert held._transport.get_write_buffer_size() < 1_000_000
        assert held.full
        came = await peer.messages(len(large) * 8)
        assert came.startswith(large)
