"""What every test may ask for."""

import pytest
import structlog

from gateway.telemetry import sinks
from tests.support import chain
from tests.support.contexts import pytest_runtest_protocol  # noqa: F401 - a hook of pytest's


@pytest.fixture
async def serve():
    """Serve filters, and close what was served."""
    clients = []

    async def start(*args, **options):
        clients.append(await chain.serve(*args, **options))
        return clients[-1]

    yield start
    for client in clients:
        await client.close()


@pytest.fixture(autouse=True)
def _records_at_once(monkeypatch):
    """Let no record wait for others, so that what sinks hold can be read as soon as a request has ended."""
    monkeypatch.setattr(sinks, "MAX_RECORDS", 1)


@pytest.fixture
def log_lines():
    """Everything that structlog was told during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines
