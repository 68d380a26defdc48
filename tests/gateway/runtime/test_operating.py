import asyncio

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from gateway.config.load import load_config
from gateway.runtime.app import Process, build_app
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.operating import measured, read
from gateway.telemetry import sinks
from tests.support.gateway import CODE, config_text, load
from tests.support.metrics import parsed, value

CHAT = {"messages": [{"role": "user", "content": CODE}]}


async def test_every_request_of_a_gateway_is_counted(tmp_path):
    app = build_app(load(tmp_path, config_text([{"model": "openai/gpt"}], ("openai/gpt",))))
    async with TestClient(TestServer(app)) as client:
        metrics = measured(app[GATEWAY])
        answer = await client.post("/routing/v1/chat/completions", json=CHAT, headers={"X-Session-Id": "s"})
        assert answer.status == 200
        found = parsed((await metrics.exposition()).body.decode())
    decided = {"decided_by": "embedded", "route": "code_generation", "pinned": "false"}
    assert value(found, "pointsman_decisions_total", **decided) == 1
    assert value(found, "pointsman_pins_stored") == 1
    assert value(found, "pointsman_requests_in_flight") == 0


async def test_no_record_that_waits_for_others_is_missing_in_what_is_asked_for(tmp_path, unused_tcp_port, monkeypatch):
    monkeypatch.setattr(sinks, "MAX_RECORDS", 1000)
    monkeypatch.setattr(sinks, "GATHER_SECONDS", 1000.0)
    text = config_text([{"model": "openai/gpt"}], ("openai/gpt",), admin=f"{{port: {unused_tcp_port}}}")
    admin = f"http://127.0.0.1:{unused_tcp_port}"
    async with (
        TestClient(TestServer(build_app(load(tmp_path, text)))) as client,
        aiohttp.ClientSession(admin) as session,
    ):
        await client.post("/routing/v1/chat/completions", json=CHAT)
        await asyncio.sleep(0)
        found = parsed(await (await session.get("/metrics")).text())
        assert (
            value(found, "pointsman_request_duration_seconds_count", path="/routing/v1/chat/completions", status="2xx")
            == 1
        )
        await client.post("/routing/v1/chat/completions", json=CHAT)
        recent = await (await session.get("/api/requests")).json()
        assert len(recent["requests"]) == 2


async def test_the_end_of_the_application_gives_what_waits(tmp_path, monkeypatch, log_lines):
    monkeypatch.setattr(sinks, "MAX_RECORDS", 1000)
    monkeypatch.setattr(sinks, "GATHER_SECONDS", 1000.0)
    app = build_app(load(tmp_path, config_text([{"model": "openai/gpt"}], ("openai/gpt",))))
    async with TestClient(TestServer(app)) as client:
        await client.post("/routing/v1/chat/completions", json=CHAT)
        assert not [line for line in log_lines if line["event"] == "request"]
    assert len([line for line in log_lines if line["event"] == "request"]) == 1


async def test_what_is_read_is_that_of_the_state(tmp_path):
    app = build_app(load(tmp_path, config_text([{"model": "openai/gpt"}])))
    readings = read(app[GATEWAY], 5.0)
    assert (readings.started, readings.in_flight, readings.pins) == (5.0, 0, {"entries": 0})
    assert (readings.ejected, readings.dropped, readings.failed) == ({}, {"AccessLog": 0, "TraceSink": 0}, {})


async def test_workers_count_into_the_folder_of_their_sockets(tmp_path):
    config = load(tmp_path, config_text([{"model": "openai/gpt"}], ("openai/gpt",)))
    app = build_app(config, process=Process(admin=str(tmp_path / "0.sock")))
    async with TestClient(TestServer(app)) as client:
        await client.post("/routing/v1/chat/completions", json=CHAT)
        connector = aiohttp.UnixConnector(str(tmp_path / "0.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get("http://localhost/metrics") as answer,
        ):
            assert 'decided_by="embedded"' in await answer.text()
    assert len(list(tmp_path.glob("*.json"))) == 1


async def test_how_the_last_reload_went_is_seen(tmp_path, unused_tcp_port):
    text = config_text([{"model": "openai/gpt"}], admin=f"{{port: {unused_tcp_port}}}")
    path = tmp_path / "config.yaml"
    config = load(tmp_path, text)
    app = build_app(config, process=Process(load=lambda: load_config(path, {})))
    async with TestClient(TestServer(app)), aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as session:
        path.write_text(text + "\nlistners: []\n")
        refused = await session.post("/reload")
        assert refused.status == 422
        assert "did you mean 'listeners'?" in (await refused.json())["error"]["message"]
        reload = (await (await session.get("/stats")).json())["reload"]
        assert (reload["outcome"], reload["generation"]) == ("refused", 1)
        found = parsed(await (await session.get("/metrics")).text())
        assert value(found, "pointsman_config_last_reload_successful") == 0
        path.write_text(text)
        assert (await session.post("/reload")).status == 200
        found = parsed(await (await session.get("/metrics")).text())
        assert value(found, "pointsman_config_last_reload_successful") == 1


async def test_draining_is_seen_by_probes(tmp_path, unused_tcp_port):
    app = build_app(load(tmp_path, config_text([{"model": "openai/gpt"}], admin=f"{{port: {unused_tcp_port}}}")))
    async with TestClient(TestServer(app)), aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as session:
        assert (await session.get("/readyz")).status == 200
        assert (await session.post("/drain")).status == 202
        assert (await session.get("/readyz")).status == 503
        assert (await session.get("/healthz")).status == 200
