"""The receiver of traces, asked as an exporter asks."""

import asyncio
import gzip
import signal
import sys

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from devtools import otlp_receiver
from devtools.otlp_receiver import Receiver


def export(name="chat gpt", **attributes):
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = b"\x01" * 16, b"\x02" * 8, name
    span.start_time_unix_nano, span.end_time_unix_nano = 1_000_000, 3_500_000
    for key, value in attributes.items():
        pair = span.attributes.add()
        pair.key = key
        if isinstance(value, list):
            for each in value:
                pair.value.array_value.values.add().string_value = each
        elif value is not None:
            setattr(pair.value, {str: "string_value", int: "int_value"}[type(value)], value)
    return request.SerializeToString()


@pytest.fixture
async def client():
    async with TestClient(TestServer(Receiver().app(), host="127.0.0.1")) as client:
        yield client


async def test_spans_are_printed_and_given(client, capsys):
    async with client.post("/v1/traces", data=export(model="gpt", tokens=3, reasons=["stop"], unset=None)) as response:
        assert (response.status, response.content_type) == (200, "application/x-protobuf")
    async with client.get("/spans") as response:
        [span] = await response.json()
    assert span == {
        "trace_id": "01" * 16,
        "span_id": "02" * 8,
        "parent_span_id": None,
        "name": "chat gpt",
        "duration_ms": 2.5,
        "attributes": {"model": "gpt", "tokens": 3, "reasons": ["stop"], "unset": None},
    }
    assert '"name":"chat gpt"' in capsys.readouterr().out


async def test_compressed_exports_are_taken(client):
    headers = {"content-encoding": "gzip"}
    async with client.post("/v1/traces", data=gzip.compress(export()), headers=headers) as response:
        assert response.status == 200


async def test_what_is_no_export_is_refused(client):
    async with client.post("/v1/traces", data=b"\xff\xff{}") as response:
        assert (response.status, "not an ExportTraceServiceRequest" in await response.text()) == (400, True)


async def test_only_the_newest_spans_are_kept(client, monkeypatch):
    monkeypatch.setattr(otlp_receiver, "_KEPT", 2)
    async with TestClient(TestServer(Receiver().app(), host="127.0.0.1")) as small:
        for name in "abc":
            await small.post("/v1/traces", data=export(name))
        async with small.get("/spans") as response:
            assert [span["name"] for span in await response.json()] == ["b", "c"]


async def test_it_serves_until_it_is_told_to_stop(capsys):
    served = asyncio.create_task(otlp_receiver.serve("127.0.0.1", 0))
    url = ""
    while not url:
        await asyncio.sleep(0.01)
        url = capsys.readouterr().out.partition("listens on ")[2].strip()
    async with aiohttp.ClientSession() as session, session.get(f"{url}/spans") as response:
        assert await response.json() == []
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(served, 5)


async def test_it_runs_as_a_module_of_its_own():
    command = (sys.executable, "-m", "devtools.otlp_receiver", "--help")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert (process.returncode, b"--port" in said) == (0, True)
