"""The bench of the proxy runs against the three servers that it compares, and its requests are answered by each."""

import json
from contextlib import ExitStack

import pytest

from bench import load, proxied, proxy, translation
from bench.streams import play


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with ExitStack() as stack:
        yield proxied.start(stack, tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize("name", ["direct", "bare", "gateway"])
@pytest.mark.parametrize("session", ["", "bench"])
def test_whole_answers_are_the_providers(servers, name, session):
    answers = load.exchange(servers.all()[name].port, proxied.decided(name, 1, 4, session), connections=2)
    assert len(answers) == 4
    assert {json.loads(answer.partition(b"\r\n\r\n")[2])["model"] for answer, _ in answers} == {"fake-16x0ms"}


@pytest.mark.parametrize("name", ["direct", "bare", "gateway"])
def test_streams_are_the_providers(servers, name):
    [stream] = play(servers.all()[name].port, proxied.streamed(name, "fake-4x1ms"), 1, 1)
    assert len(stream.frames) == 7


def test_the_gateway_alone_decides(servers):
    [request] = proxied.decided("gateway", 1, 1)
    [(answer, _)] = load.exchange(servers.gateway.port, [request], connections=1)
    assert b"x-pointsman-route: " in answer.lower()
    assert b'"model":"auto"' in request
    assert b'"model":"auto"' not in proxied.decided("bare", 1, 1)[0]


@pytest.mark.parametrize(("caller", "provider"), translation.PAIRS)
def test_every_pair_of_formats_is_translated(servers, caller, provider):
    whole = proxied.named(caller, provider, "fake-16x0ms", stream=False)
    [(answer, _)] = load.exchange(servers.gateway.port, [whole], connections=1)
    assert answer.startswith(b"HTTP/1.1 200")
    [stream] = play(servers.gateway.port, proxied.named(caller, provider, "fake-16x0ms", stream=True), 1, 1)
    assert not stream.failed
    assert len(stream.frames) > 16
    assert translation.request_us(caller, provider, calls=1) > 0
    assert translation.event_us(caller, provider, calls=1) > 0


def test_latencies_and_throughput_become_rows(servers):
    rows = [*proxy.latency(servers, 1), *proxy.throughput(servers, 1, seconds=0.1)]
    assert [row.name for row in rows if row.target] == [
        "added latency, one at a time, p50",
        "added latency, one at a time, p99",
        "decided, 32 at once, requests a second",
        "pinned, 32 at once, requests a second",
    ]
    assert all("bare proxy" in row.value for row in rows)


def test_the_servers_processor_time_and_memory_are_known(servers):
    assert servers.gateway.cpu_seconds() > 0
    assert servers.gateway.waited_seconds() >= 0
    assert servers.gateway.peak_mb() >= servers.gateway.rss_mb() > 20
