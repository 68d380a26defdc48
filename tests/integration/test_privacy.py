"""A prompt, a key and a session's id are seen by the provider they are meant for, and nowhere else.

The gateway runs as a process, logging all that it can log; every path is asked in every way that fails. Then all that
it tells others is searched: log, errors, metrics, traces, decision logs, live feed, what it says of a wrong file, and
every answer of the admin application.
"""

import asyncio
import socket
from dataclasses import dataclass
from hashlib import sha256
from itertools import product

import aiohttp
import orjson
import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.demo import demo_answer
from devtools.fake_provider.faults import PRESETS
from devtools.fake_provider.server import FakeProvider
from gateway.runtime.app import build_app
from tests.support.gateway import config_text, load
from tests.support.otlp import Received, http_receiver
from tests.support.processes import up

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROMPT, SESSION = "marker-prompt-5e1f", "marker-session-5e1f"
KEY, OURS = "marker-callers-key-5e1f", "marker-our-key-5e1f-0123456789"
MARKER = "marker-"
SAID = f"Write a function. {PROMPT}"
PATHS = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": SAID}]},
    "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": SAID}]},
    "/v1/responses": {"input": SAID},
    "/v1/messages/count_tokens": {"messages": [{"role": "user", "content": SAID}]},
    "/v1/embeddings": {"input": SAID},
}
FAULTS = [f"fake-{name}" for name, fault in PRESETS.items() if not fault.delay]
MODELS = [f"{vendor}/{fault}" for vendor in ("openai", "anthropic") for fault in (*FAULTS, "quoting")] + ["groq/gone"]
WRONG = [
    b'{"messages": "' + SAID.encode(),
    b'{"messages": ["' + SAID.encode() + b'"]}',
    b'{"model": {"x": "' + SAID.encode() + b'"}, "messages": []}',
    b'{"messages": [{"role": "' + SAID.encode() + b'", "content": {"' + SAID.encode() + b'": 1}}]}',
    b'{"messages": [], "routing_preferences": [{"name": ["' + SAID.encode() + b'"]}]}',
    b'{"messages": [], "routing_policy": "' + SAID.encode() + b'"}',
    b'{"input": [{"type": "message", "role": "user", "content": [{"type": "' + SAID.encode() + b'"}]}]}',
    SAID.encode(),
]
HEADERS = {"Authorization": f"Bearer {KEY}", "x-api-key": KEY, "Cookie": KEY}
CONFIG = {
    "limits": "{first_byte_timeout_seconds: 0.2, idle_timeout_seconds: 0.2, connect_timeout_seconds: 0.2}",
    "routing": f"{{session_cache: {{type: memory, url: 'redis://user:{OURS}@127.0.0.1/0'}}}}",
    "api_keys": f"[{{name: ann, hash: 'sha256:{sha256(KEY.encode()).hexdigest()}'}}]",
}


@dataclass
class Asked:
    """What was answered, and what was told elsewhere meanwhile."""

    answers: list
    lines: list
    admin: dict
    live: str
    decisions: dict
    traces: Received


ADMIN_PATHS = [
    "GET /healthz", "GET /readyz", "GET /config", "GET /clusters", "GET /metrics", "GET /stats", "GET /logging",
    f"GET /sessions?id={SESSION}", "GET /sessions", f"DELETE /sessions?id={SESSION}&tenant={KEY}",
    f"POST /logging?level={PROMPT}", f"GET /{PROMPT}", "POST /config", "POST /reload",
    "GET /api/requests", "GET /api/earlier", "GET /api/traffic", "GET /api/routes", "GET /api/uncertain",
    "GET /api/providers", "GET /api/callers", "GET /api/labels", "POST /api/playground", "POST /api/labels",
    f"GET /api/{PROMPT}", "GET /",
]  # fmt: skip
WRONG_FILES = [
    f"model_providers: [{{model: openai/gpt, access_key: {OURS}, no_such_key: {OURS}}}]",
    f"model_providers: [{{model: openai/gpt, base_url: 'http://user:{OURS}@h/{OURS}?key={OURS}'}}]",
    f"model_providers: [{{model: openai/gpt, base_url: '{OURS}', headers: {{x-a: [{OURS}]}}}}]",
    f"model_providers: [{{model: openai/gpt, access_key: [{OURS}], proxy: 'ftp://u:{OURS}@h'}}]",
    f"routing: {{session_cache: {{type: redis, url: 'http://:{OURS}@h'}}}}",
    f"admin: {{port: x, token: {OURS}}}\napi_keys: [{{name: ann, hash: '{OURS}'}}]",
    f"model_providers:\n  - model: openai/gpt\n    access_key: '{OURS}\n",
]


def text(url, **more):
    """A configuration of two servers that fail as they are told and one that is not there, each with its secrets."""
    secret = {"access_key": OURS, "max_retries": 0, "headers": f"{{x-secret: {OURS}}}"}
    urls = {"openai/*": url, "anthropic/*": url, "groq/gone": f"http://127.0.0.1:9/{OURS}"}
    providers = [{"model": model, "base_url": at, **secret} for model, at in urls.items()]
    return config_text(providers, ("openai/gpt",), **CONFIG, **more)


def answer(request):
    """Answer as the model's name asks; `quoting` is an error that repeats everything."""
    if "quoting" in str(request.body["model"]):
        return Answer.error(400, f"{request.body} {dict(request.headers)}")
    return demo_answer(request.body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(tmp_path_factory):
    """All answers and all lines of the log, when everything has been asked."""
    path = tmp_path_factory.mktemp("privacy") / "config.yaml"
    at_once = asyncio.Semaphore(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with http_receiver() as (receiver, traces):
        more = {
            "tracing": f"{{otlp_http_endpoint: '{receiver}', headers: {{x-key: {OURS}}}}}",
            "admin": f"{{port: {port}, token: {OURS}}}",
            "decision_log": "{path: decisions}",
        }
        async with FakeProvider(default=answer) as provider:
            path.write_text(text(provider.url, **more))
            return await ask_all(path, at_once, f"http://127.0.0.1:{port}", traces)


async def ask_all(path, at_once, admin, traces):
    """Ask everything, then look at everything."""
    async with up(path, "--log-level", "debug") as gateway, aiohttp.ClientSession() as session:
        asks = [*faulty(gateway.url), *wrong(gateway.url)]
        live = await session.get(f"{admin}/api/live", headers={"Authorization": f"Bearer {OURS}"})
        answers = await asyncio.gather(*(post(session, at_once, *ask) for ask in asks))
        seen = await live.content.readuntil(b'"missed":')
        seen += live.content.read_nowait()
        live.close()
        shown = {}
        for ask, token in product(ADMIN_PATHS, (OURS, KEY)):
            method, _, where = ask.partition(" ")
            headers = {"Authorization": f"Bearer {token}"}
            async with session.request(method, admin + where, headers=headers) as found:
                shown[ask, token] = (found.status, await found.text())
        for number, broken in enumerate(WRONG_FILES):
            path.write_text(broken)
            for ask in ("POST /reload", "GET /stats"):
                method, _, where = ask.partition(" ")
                headers = {"Authorization": f"Bearer {OURS}"}
                async with session.request(method, admin + where, headers=headers) as found:
                    shown[f"{ask} of wrong file {number}", OURS] = (found.status, await found.text())
        gateway.process.terminate()
        await gateway.ended()
    decisions = {file.name: file.read_bytes() for file in (path.parent / "decisions").iterdir()}
    return Asked(answers, gateway.lines, shown, seen.decode(), decisions, traces)


def faulty(url):
    for (path, body), model, stream in product(PATHS.items(), MODELS, (False, True)):
        sent = {**body, "model": model, "stream": stream, "routing_preferences": [], "user": KEY}
        yield url + path, {**HEADERS, "X-Session-Id": f"{SESSION}-{model}"}, orjson.dumps(sent)


def wrong(url):
    for path, body, prefix, session in product(PATHS, WRONG, ("", "/routing"), (SESSION, f"{SESSION} {SESSION}")):
        yield f"{url}{prefix}{path}?q={PROMPT}", {**HEADERS, "X-Session-Id": session}, body


async def post(session, at_once, url, headers, body):
    async with at_once:
        try:
            async with session.post(url, headers=headers, data=body) as answer:
                return body, answer.status, await answer.text()
        except aiohttp.ClientPayloadError:
            return body, 0, "cut off"


async def test_everything_was_asked_and_failed_in_every_way(asked):
    answers, lines = asked.answers, asked.lines
    assert {status for _, status, _ in answers} >= {200, 400, 401, 404, 429, 500, 502, 503, 504}
    assert {line.get("event") for line in lines} >= {"listening", "request", "upstream_failed", "upstream_ejected"}


async def test_nothing_that_was_said_or_sent_is_in_the_log(asked):
    lines = asked.lines
    assert [line for line in lines if MARKER in str(line)] == []
    assert [line for line in lines if line.get("event") in {"crash", "library", None}] == []


async def test_no_error_repeats_what_was_said_unless_the_provider_does(asked):
    answers = asked.answers
    errors = [text for body, status, text in answers if status >= 400 and b"quoting" not in body]
    assert len(errors) > 200
    assert [text for text in errors if MARKER in text] == []


async def test_our_keys_are_in_no_answer_unless_the_provider_repeats_them(asked):
    answers = asked.answers
    assert [text for body, _, text in answers if OURS in text and b"quoting" not in body] == []


async def test_no_metric_and_no_admin_answer_holds_a_secret(asked):
    assert {status for status, _ in asked.admin.values()} >= {200, 400, 401, 404, 405}
    assert asked.admin["GET /metrics", OURS][1].count("pointsman_requests_total{") > 5
    assert asked.admin["GET /api/requests", OURS][1].count('"path":') > 50
    assert [ask for (ask, _), (_, text) in asked.admin.items() if MARKER in text] == []


async def test_what_is_said_of_a_wrong_file_repeats_none_of_its_secrets(asked):
    told = {ask: answer for (ask, _), answer in asked.admin.items() if "wrong file" in ask}
    assert [status for ask, (status, _) in told.items() if ask.startswith("POST")] == [422] * len(WRONG_FILES)
    assert all("config.yaml" in text for _, text in told.values())
    refused = {str(line["errors"]) for line in asked.lines if line.get("event") == "configuration_refused"}
    assert len(refused) >= len(WRONG_FILES)  # the file is watched too, and may be read while it is written


async def test_the_live_feed_tells_what_was_decided_and_nothing_that_was_said(asked):
    assert '"path":' in asked.live
    assert MARKER not in asked.live


async def test_the_decision_log_holds_no_word_and_no_key(asked):
    assert sum(map(len, asked.decisions.values())) > 50_000
    assert [name for name, content in asked.decisions.items() if MARKER.encode() in content] == []


async def test_a_decision_log_of_json_lines_holds_none_either(tmp_path):
    async with FakeProvider(default=answer) as provider:
        path = tmp_path / "config.yaml"
        path.write_text(text(provider.url, decision_log="{path: decisions, type: jsonl}"))
        async with up(path) as gateway, aiohttp.ClientSession() as session:
            for where, body in PATHS.items():
                headers = {**HEADERS, "X-Session-Id": SESSION}
                async with session.post(gateway.url + where, json={**body, "user": KEY}, headers=headers) as answered:
                    await answered.read()
            gateway.process.terminate()
            await gateway.ended()
    (file,) = (tmp_path / "decisions").glob("*.jsonl")
    assert len(file.read_text().splitlines()) >= 3
    assert MARKER not in file.read_text()


async def test_no_trace_holds_a_secret_and_the_receivers_key_travels_in_its_header_alone(asked):
    assert len(asked.traces.spans) > 200
    assert MARKER not in str(asked.traces.exports)
    assert asked.traces.headers["x-key"] == OURS


async def test_no_text_of_a_configuration_shows_its_secrets(tmp_path):
    config = load(tmp_path, text("http://127.0.0.1:9"))
    for held in (config, config.providers, config.model_providers, config.routing, build_app(config)):
        assert OURS not in f"{held!r} {held!s}"
