"""The health service says to gRPC's own client what gRPC's own server would."""

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from gateway.ext_proc import protocol as pb
from gateway.ext_proc.grpc_server import health as module
from gateway.ext_proc.grpc_server.health import Health
from gateway.ext_proc.grpc_server.server import Server

STATUS = health_pb2.HealthCheckResponse


@pytest.fixture
async def asked(tmp_path):
    health = Health(["a.Service"])
    server = Server(health.methods(), 1000)
    await server.listen(f"unix:{tmp_path}/s")
    async with grpc.aio.insecure_channel(f"unix:{tmp_path}/s") as channel:
        yield health, HealthStub(channel), channel
    await server.stop()


@pytest.mark.parametrize("service", ["", "a.Service"])
async def test_a_service_is_healthy_until_it_drains(asked, service):
    health, stub, _ = asked
    assert (await stub.Check(HealthCheckRequest(service=service))).status == STATUS.SERVING
    health.drain()
    assert (await stub.Check(HealthCheckRequest(service=service))).status == STATUS.NOT_SERVING


async def test_what_is_not_served_is_not_known(asked):
    _, stub, _ = asked
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.Check(HealthCheckRequest(service="other"))
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    watching = stub.Watch(HealthCheckRequest(service="other"))
    assert (await watching.read()).status == STATUS.SERVICE_UNKNOWN
    watching.cancel()


async def test_who_watches_is_told_of_the_end(asked):
    health, stub, _ = asked
    watching = stub.Watch(HealthCheckRequest())
    assert (await watching.read()).status == STATUS.SERVING
    health.drain()
    assert (await watching.read()).status == STATUS.NOT_SERVING
    assert await watching.read() is grpc.aio.EOF


async def test_a_call_without_a_message_is_none(asked):
    _, _, channel = asked
    empty = channel.stream_unary("/grpc.health.v1.Health/Check")(iter(()))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await empty
    assert raised.value.code() is grpc.StatusCode.INTERNAL


def test_its_messages_are_the_published_ones():
    for ours, published in ((pb.HealthCheckRequest, HealthCheckRequest), (pb.HealthCheckResponse, STATUS)):
        fields = {field.name: field.number for field in published.DESCRIPTOR.fields}
        assert {field.name: field.number for field in ours.DESCRIPTOR.fields} == fields
    names = {name: number for name, number in STATUS.ServingStatus.items() if hasattr(module, name)}
    assert names == {"SERVING": 1, "NOT_SERVING": 2, "SERVICE_UNKNOWN": 3}
    assert all(getattr(module, name) == number for name, number in names.items())
