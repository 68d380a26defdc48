"""The gRPC server: what is asked of it is served, its health is told, and it ends in order."""

import asyncio
import os
import signal
import socket

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.ext_proc import protocol as pb
from gateway.ext_proc import serve as serving
from gateway.ext_proc.forwarder import end
from gateway.runtime.app import build_app
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.state import State
from tests.support.fake_envoy import processing
from tests.support.gateway import config_text, load

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://one.test"}]


def request(path="/v1/models", method="GET", *, body=False):
    made = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=not body))
    for name, value in {":method": method, ":path": path, ":authority": "x"}.items():
        made.request_headers.headers.headers.add(key=name, raw_value=value.encode())
    made.protocol_config.request_body_mode = 2
    return made


class Running:
    def __init__(self, app, address):
        self.ready = asyncio.Event()
        self.app = app
        self.address = address
        self.task = asyncio.ensure_future(serving._serve(app, address, self.ready.set, ()))

    async def started(self):
        waiting = asyncio.ensure_future(self.ready.wait())
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return self

    @property
    def drain(self):
        return self.app[GATEWAY].state.lifecycle.drain


@pytest.fixture
async def start(tmp_path):
    running = []

    async def started(address, **more):
        app = build_app(load(tmp_path, config_text(PROVIDERS, **more)), state=State(end=end))
        running.append(Running(app, address))
        return await running[-1].started()

    yield started
    for each in running:
        if not each.task.done():
            each.drain()
            each.drain()
        await asyncio.gather(each.task, return_exceptions=True)


@pytest.fixture
def address():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return f"127.0.0.1:{port}"


async def test_it_serves_on_a_port_and_on_a_socket_in_the_file_system(start, address, tmp_path):
    for where in (address, f"unix:{tmp_path}/s"):
        await start(where)
        async with grpc.aio.insecure_channel(where) as channel:
            call = processing(channel)
            await call.write(request())
            answer = await call.read()
        assert answer.immediate_response.status.code == 200
        assert b"openai/gpt" in answer.immediate_response.body


async def test_its_health_is_told_until_it_drains(start, address):
    running = await start(address, limits="{drain_delay_seconds: 0.3}")
    async with grpc.aio.insecure_channel(address) as channel:
        asking = HealthStub(channel)
        assert (await asking.Check(HealthCheckRequest())).status == HealthCheckResponse.SERVING
        named = HealthCheckRequest(service="envoy.service.ext_proc.v3.ExternalProcessor")
        assert (await asking.Check(named)).status == HealthCheckResponse.SERVING
        running.drain()
        await asyncio.sleep(0.1)
        assert (await asking.Check(HealthCheckRequest())).status == HealthCheckResponse.NOT_SERVING
        call = processing(channel)
        await call.write(request())
        assert (await call.read()).immediate_response.status.code == 200, "requests are still taken"
    await running.task


async def test_a_request_in_flight_is_served_to_its_end(start, address):
    running = await start(address)
    async with grpc.aio.insecure_channel(address) as channel:
        call = processing(channel)
        await call.write(request("/routing/v1/chat/completions", "POST", body=True))
        assert (await call.read()).HasField("request_headers")
        running.drain()
        await asyncio.sleep(0.1)
        assert not running.task.done()
        body = b'{"messages": [{"role": "user", "content": "hi"}]}'
        await call.write(pb.ProcessingRequest(request_body=pb.HttpBody(body=body, end_of_stream=True)))
        assert (await call.read()).immediate_response.status.code == 200
    await running.task


async def test_told_twice_it_cuts_off_what_is_in_flight(start, address):
    running = await start(address)
    async with grpc.aio.insecure_channel(address) as channel:
        call = processing(channel)
        await call.write(request("/routing/v1/chat/completions", "POST", body=True))
        await call.read()
        running.drain()
        await asyncio.sleep(0.05)
        running.drain()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call.read()
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    await running.task


async def test_signals_reach_it(start, address):
    running = await start(address)
    assert not running.task.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running.task, 5)


async def test_an_address_that_is_taken_is_named(start, address):
    await start(address)
    second = await start(address)
    with pytest.raises(OSError, match="already in use") as raised:
        await second.task
    assert raised.value.filename == address


async def test_it_takes_bodies_as_large_as_the_configuration_lets_it(start, address):
    await start(address, limits="{max_body_bytes: 6000000}")
    async with grpc.aio.insecure_channel(address) as channel:
        call = processing(channel)
        await call.write(request("/routing/v1/chat/completions", "POST", body=True))
        await call.read()
        large = pb.HttpBody(body=b'{"messages": "' + b"x" * 5_500_000 + b'"}', end_of_stream=True)
        await call.write(pb.ProcessingRequest(request_body=large))
        answer = await call.read()
    assert answer.immediate_response.status.code == 400
    assert b"messages" in answer.immediate_response.body
