"""What every test may ask for."""

import asyncio
import contextlib

import pytest
import structlog

from tests.support import chain


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


@pytest.fixture
def log_lines():
    """Everything that structlog was told during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
async def no_task_left():
    """Check that the test leaves no task behind."""
    before = asyncio.all_tasks()
    yield
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while asyncio.all_tasks() - before:
                await asyncio.sleep(0.01)
    assert not asyncio.all_tasks() - before
