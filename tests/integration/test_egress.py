"""From inside a network: proxies of the environment and of the configuration, and private authorities."""

import shutil
import ssl
import subprocess

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.fake_classifier import FakeClassifier
from tests.support.fake_classifier import says as answers_with
from tests.support.forward_proxy import forward_proxy
from tests.support.gateway import config_text, load, running
from tests.support.upstream import says, upstream

WHOLE = b'{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'
ASK = {"model": "own/m", "messages": [{"role": "user", "content": "hello"}]}
CERTIFICATE = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=private -addext subjectAltName=IP:127.0.0.1"


@pytest.fixture
async def proxy():
    async with forward_proxy() as served:
        yield served


@pytest.fixture
async def plain():
    async with upstream(says(WHOLE)) as served:
        yield served


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    files = ["-keyout", "key.pem", "-out", "ca.pem"]
    subprocess.run(["openssl", *CERTIFICATE.split(), *files], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
async def secure(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    app = web.Application()
    app.router.add_post("/v1/chat/completions", says(WHOLE))
    server = TestServer(app, scheme="https", host="127.0.0.1")
    await server.start_server(ssl=context)
    yield f"https://127.0.0.1:{server.port}"
    await server.close()


async def ask(tmp_path, url, environ=None, **entry):
    text = config_text([{"model": "own/m", "base_url": url, "access_key": "k", "max_retries": 0, **entry}])
    async with running(load(tmp_path, text, environ)) as gateway:
        return await gateway.post("/v1/chat/completions", ASK)


async def test_the_proxy_of_the_environment_is_used(tmp_path, plain, proxy):
    status, _, answer = await ask(tmp_path, plain.url, {"HTTP_PROXY": proxy.url})
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "Hi")
    assert proxy.seen == [(f"POST {plain.url}/v1/chat/completions HTTP/1.1", None)]


@pytest.mark.parametrize("environ", [{"NO_PROXY": "127.0.0.1"}, {"no_proxy": "127.0.0.0/8"}, {"no_proxy": "*"}])
async def test_what_no_proxy_names_is_reached_directly(tmp_path, plain, proxy, environ):
    status, _, _ = await ask(tmp_path, plain.url, {"HTTP_PROXY": proxy.url, **environ})
    assert (status, proxy.seen) == (200, [])


async def test_a_providers_own_proxy_stands_above_the_environments(tmp_path, plain, proxy):
    own = proxy.url.replace("http://", "http://me:$SECRET@")
    status, _, _ = await ask(tmp_path, plain.url, {"HTTP_PROXY": "http://127.0.0.1:9", "SECRET": "pw"}, proxy=own)
    assert (status, proxy.seen[0][1]) == (200, "Basic bWU6cHc=")
    status, _, _ = await ask(tmp_path, plain.url, {"HTTP_PROXY": "http://127.0.0.1:9"}, proxy="direct")
    assert status == 200


async def test_a_proxy_that_is_away_is_the_cause_that_is_told(tmp_path, plain):
    status, _, answer = await ask(tmp_path, plain.url, {"HTTP_PROXY": "http://127.0.0.1:9"})
    assert (status, "the proxy cannot be reached" in answer["error"]["message"]) == (502, True)


async def test_a_private_authority_is_trusted_where_it_is_named(tmp_path, secure, certificate):
    status, _, _ = await ask(tmp_path, secure, ca_file=certificate / "ca.pem")
    assert status == 200
    status, _, answer = await ask(tmp_path, secure)
    assert (status, "its certificate was not accepted" in answer["error"]["message"]) == (502, True)


async def test_a_server_behind_a_proxy_and_a_private_authority_is_reached(tmp_path, secure, certificate, proxy):
    status, _, _ = await ask(tmp_path, secure, {"HTTPS_PROXY": proxy.url}, ca_file=certificate / "ca.pem")
    host = secure.removeprefix("https://")
    assert (status, proxy.seen) == (200, [(f"CONNECT {host} HTTP/1.1", None)])


async def test_a_classifier_and_a_price_list_are_reached_through_the_proxy(tmp_path, plain, proxy):
    catalogue = {"own/m": {"input_per_million": 1, "output_per_million": 2}}
    async with (
        FakeClassifier(answers_with('{"route": "travel"}')) as classifier,
        upstream(says(orjson.dumps(catalogue))) as listed,
    ):
        asked = f"POST {classifier.base_url}/chat/completions HTTP/1.1"
        llm = f"{{model: arch, base_url: '{classifier.base_url}'}}"
        text = config_text(
            [{"model": "own/m", "base_url": plain.url, "access_key": "k", "proxy": "direct"}],
            routing=f"{{classifier: llm, llm: {llm}}}",
            model_metrics_sources=f"[{{type: cost, provider: custom, url: '{listed.url}/prices'}}]",
            routing_preferences="[{name: travel, description: trips and hotels, models: [own/m]}]",
        )
        async with running(load(tmp_path, text, {"HTTP_PROXY": proxy.url})) as gateway:
            _, headers, _ = await gateway.post("/v1/chat/completions", ASK)
    assert headers["x-pointsman-route"] == "travel"
    assert {line for line, _ in proxy.seen} == {
        f"GET {listed.url}/prices HTTP/1.1",
        asked,
    }
