"""`pointsman ext-proc`: it listens where it is told, says so, reads its configuration again, and stops when told."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager

import grpc
import pytest
import typer

from gateway.cli import ext_proc as command
from gateway.cli import starting
from gateway.ext_proc import protocol as pb
from tests.support.fake_envoy import processing
from tests.support.gateway import config_text
from tests.support.processes import ROOT

ONE, TWO = ({"model": f"openai/{name}", "base_url": "http://one.test"} for name in ("one", "two"))


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(config_text([ONE]))
    return path


@pytest.fixture
def served(monkeypatch):
    """What would be served, in this process."""
    calls = []

    def serve(app, address, ready, background):
        ready()
        calls.append((app, address, background))

    monkeypatch.setattr("gateway.ext_proc.serve.serve", serve)
    monkeypatch.setattr(starting, "configure_logging", lambda _: type("Log", (), {"close": lambda _: None})())
    return calls


def test_it_says_where_it_listens_and_serves_the_configuration(config, served, log_lines):
    command.ext_proc(config, command.Options("127.0.0.1:1"))
    [(_, address, background)] = served
    assert (address, len(background)) == ("127.0.0.1:1", 1)
    [line] = [line for line in log_lines if line["event"] == "listening"]
    assert (line["ext_proc"], line["providers"]) == ("127.0.0.1:1", ["openai/one"])


def test_a_doubt_about_the_configuration_is_logged(config, served, log_lines):
    config.write_text(config_text([{**ONE, "access_key": "sk-in-the-file"}]))
    command.ext_proc(config, command.Options("127.0.0.1:1"))
    assert "a key stands in the file" in next(line["warning"] for line in log_lines if "warning" in line)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("no", name="hpack"), "pip install hpack protobuf"),
        (ModuleNotFoundError("no", name="google.protobuf"), "the extra `envoy`"),
        (OSError(98, "is taken", "127.0.0.1:1"), "127.0.0.1:1 cannot be listened on: is taken"),
    ],
)
def test_what_keeps_it_from_serving_is_said(config, served, monkeypatch, capsys, error, said):
    def serve(*_):
        raise error

    monkeypatch.setattr("gateway.ext_proc.serve.serve", serve)
    with pytest.raises(typer.Exit):
        command.ext_proc(config, command.Options("127.0.0.1:1"))
    assert said in capsys.readouterr().err


def test_a_defect_is_not_taken_for_a_missing_extra(config, served, monkeypatch):
    def serve(*_):
        raise ImportError("no", name="gateway.missing")

    monkeypatch.setattr("gateway.ext_proc.serve.serve", serve)
    with pytest.raises(ImportError):
        command.ext_proc(config, command.Options("127.0.0.1:1"))


def test_a_wrong_configuration_ends_it(config, served, capsys):
    config.write_text("model_providers: []")
    with pytest.raises(typer.Exit):
        command.ext_proc(config, command.Options("127.0.0.1:1"))
    assert "model_providers" in capsys.readouterr().err


def test_a_configuration_that_asks_for_what_is_not_there_ends_it(config, served, capsys, monkeypatch):
    from filters.errors import ConfigError

    def build(*_):
        raise ConfigError("the extra `redis` is not installed")

    monkeypatch.setattr(command, "build_app", build)
    with pytest.raises(typer.Exit):
        command.ext_proc(config, command.Options("127.0.0.1:1"))
    assert "the extra `redis`" in capsys.readouterr().err


@asynccontextmanager
async def process(config, address):
    arguments = ["-m", "gateway", "ext-proc", str(config), "--address", address]
    made = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stderr=PIPE)
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
            await made.wait()


async def said(made, event):
    async with asyncio.timeout(60):
        while line := await made.stderr.readline():
            found = json.loads(line)
            if found["event"] == event:
                return found
    raise AssertionError(f"it ended without {event}")


async def models(address):
    async with grpc.aio.insecure_channel(address) as channel:
        call = processing(channel)
        made = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=True))
        for name, value in {":method": "GET", ":path": "/v1/models", ":authority": "x"}.items():
            made.request_headers.headers.headers.add(key=name, raw_value=value.encode())
        await call.write(made)
        return [each["id"] for each in json.loads((await call.read()).immediate_response.body)["data"]]


async def test_as_a_process_it_serves_reloads_and_stops(config):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    async with process(config, address) as made:
        await said(made, "listening")
        assert await models(address) == ["openai/one", "auto"]
        config.write_text(config_text([ONE, TWO]))
        made.send_signal(signal.SIGHUP)
        await said(made, "configuration_reloaded")
        assert await models(address) == ["openai/one", "openai/two", "auto"]
        made.send_signal(signal.SIGTERM)
        await said(made, "stopped")
        assert await made.wait() == 0
