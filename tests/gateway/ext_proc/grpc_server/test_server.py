"""gRPC's own client is served on ports and sockets, and a server that stops lets calls end."""

import asyncio
import errno
import socket

import grpc
import pytest

from gateway.ext_proc.grpc_server import frames
from gateway.ext_proc.grpc_server.server import Server
from tests.support.envoy import free_port
from tests.support.http2 import DEFECT, ECHO, SINK, data, grpc_server, message


@pytest.fixture(params=["port", "v6", "unix"])
def address(request, tmp_path):
    if request.param == "unix":
        return f"unix:{tmp_path}/s"
    if request.param == "v6":
        if not socket.has_ipv6:
            pytest.skip("this machine has no IPv6")
        return f"[::1]:{free_port()}"
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
async def unix(tmp_path):
    async with grpc_server(f"unix:{tmp_path}/s") as made:
        yield made


async def test_a_client_of_grpc_is_served_wherever_it_listens(address):
    async with grpc_server(address), grpc.aio.insecure_channel(address) as channel:
        call = channel.stream_stream(ECHO)()
        for said in (b"", b"one", b"x" * 900_000):
            await call.write(said)
            assert await call.read() == said
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        assert await call.code() is grpc.StatusCode.OK


async def test_many_calls_share_a_connection(unix):
    async def say(channel, number):
        said = [bytes([number % 256]) * (number * 97 % 5000) for _ in range(5)]
        return said == [got async for got in channel.stream_stream(ECHO)(iter(said))]

    async with grpc.aio.insecure_channel(unix.address) as channel:
        assert all(await asyncio.gather(*(say(channel, number) for number in range(200))))


async def test_large_messages_both_ways_at_once_share_its_windows(unix):
    async def say(channel):
        said = [b"x" * 700_000] * 8
        return [len(got) async for got in channel.stream_stream(ECHO)(iter(said))]

    async with grpc.aio.insecure_channel(unix.address) as channel:
        assert await asyncio.gather(*(say(channel) for _ in range(4))) == [[700_000] * 8] * 4


async def test_a_method_that_is_not_there_is_unimplemented(unix):
    async with grpc.aio.insecure_channel(unix.address) as channel:
        assert await channel.stream_stream("/test.Echo/None")().code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("path", "said", "code"),
    [
        (DEFECT, b"x", grpc.StatusCode.INTERNAL),
        (ECHO, b"x" * 1_000_001, grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_what_cannot_be_served_has_the_status_that_says_why(unix, path, said, code):
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with grpc.aio.insecure_channel(unix.address) as channel:
        call = channel.stream_stream(path)()
        await call.write(said)
        assert await call.code() is code
        assert "prompt" not in await call.details()


async def test_a_client_that_leaves_ends_its_call(unix):
    async with grpc.aio.insecure_channel(unix.address) as channel:
        call = channel.stream_stream(SINK)()
        await call.write(b"x")
        async with asyncio.timeout(10):
            await unix.sink.begins.wait()
            call.cancel()
            await unix.sink.ends.wait()


async def test_a_deadline_of_the_clients_ends_its_call(unix):
    async with grpc.aio.insecure_channel(unix.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            [_ async for _ in channel.stream_stream(SINK)(iter([b"x"]), timeout=0.2)]
        assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(10):
            await unix.sink.ends.wait()


async def test_a_server_that_stops_lets_calls_end_and_takes_no_more(unix):
    async with grpc.aio.insecure_channel(unix.address) as channel:
        call = channel.stream_stream(ECHO)()
        await call.write(b"one")
        assert await call.read() == b"one"
        stopping = asyncio.ensure_future(unix.server.stop())
        await asyncio.sleep(0.1)
        assert not stopping.done()
        await call.write(b"two")
        assert await call.read() == b"two"
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK
        await asyncio.wait_for(stopping, 10)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            [_ async for _ in channel.stream_stream(ECHO)(iter([b"x"]))]
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_call_that_crosses_the_goaway_is_still_served(unix):
    async with unix.peer() as peer:
        await peer.pong()
        stopping = asyncio.ensure_future(unix.server.stop())
        _, _, _, first = await peer.next(frames.GOAWAY)
        assert first == (2**31 - 1).to_bytes(4, "big") + bytes(4)
        ping = await peer.next(frames.PING)
        peer.send(peer.call(1), data(1, message(b"late")))
        assert await peer.messages(9) == message(b"late")
        peer.send(frames.frame(frames.PING, frames.ACK, 0, ping[3]))
        _, _, _, second = await peer.next(frames.GOAWAY)
        assert second == (1).to_bytes(4, "big") + bytes(4)
        peer.send(peer.call(3), data(3, message(b"too late")), data(1, b"", frames.END_STREAM))
        assert (await peer.headers())["grpc-status"] == "0"
        assert await peer.next() is None
        assert all(stream != 3 for _, _, stream, _ in peer.got)
        await asyncio.wait_for(stopping, 10)


async def test_a_connection_that_never_spoke_does_not_hold_up_the_end(unix):
    _, writer = await asyncio.open_unix_connection(unix.address.removeprefix("unix:"))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(unix.server.stop(), 10)
    writer.close()


async def test_cut_off_calls_end_and_clients_notice(unix):
    async with grpc.aio.insecure_channel(unix.address) as channel:
        call = channel.stream_stream(ECHO)()
        await call.write(b"one")
        await call.read()
        stopping = asyncio.ensure_future(unix.server.stop())
        await asyncio.sleep(0)
        unix.server.cut()
        await asyncio.wait_for(stopping, 10)
        assert await call.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_socket_in_the_file_system_goes_with_its_server(tmp_path):
    path = tmp_path / "s"
    async with grpc_server(f"unix:{path}") as made:
        assert path.is_socket()
        path.unlink()
        await made.server.stop()
        await made.server.stop()
    assert not path.exists()


@pytest.mark.parametrize(
    ("address", "why"), [("nowhere", "host:port"), ("127.0.0.1:", "host:port"), (":80", "host:port"),
                         ("unix:/no/such/folder/s", "No such file"), ("127.0.0.1:a", "host:port")]
)  # fmt: skip
async def test_an_address_that_cannot_be_had_is_named(address, why):
    with pytest.raises(OSError, match=why) as raised:
        await Server({}, 1000).listen(address)
    assert raised.value.filename == address


async def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match="in use") as raised:
            await Server({}, 1000).listen(address)
    assert (raised.value.errno, raised.value.filename) == (errno.EADDRINUSE, address)
