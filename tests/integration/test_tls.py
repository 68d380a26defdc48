"""`listeners[].tls` on a gateway that runs."""

import ssl

import aiohttp
import pytest

from filters.errors import ConfigError
from gateway.config.load import load_config
from tests.support.certificates import authority, signed
from tests.support.processes import up

CONFIG = """
listeners:
  - address: 127.0.0.1
    tls: {certificate: server.pem, key: server.key}
model_providers:
  - model: openai/gpt-4o
    access_key: k
"""


@pytest.fixture
def config(tmp_path):
    authority(tmp_path, "ca")
    signed(tmp_path, "ca", "server")
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


async def test_a_listener_serves_https_and_nothing_else(config):
    context = ssl.create_default_context(cafile=str(config.parent / "ca.pem"))
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        url = gateway.url.replace("http://", "https://")
        async with session.get(f"{url}/healthz", ssl=context) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{gateway.url}/healthz")


def test_files_that_are_not_there_are_an_error_of_the_configuration(config):
    (config.parent / "server.key").unlink()
    with pytest.raises(ConfigError, match=r"listeners\[0\]\.tls: .*server\.key.*No such file"):
        load_config(config, {})
