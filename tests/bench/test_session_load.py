"""The load of sessions counts what fails and which pins are wrong."""

import asyncio
import json
import socket
import subprocess
import sys

import pytest
from aiohttp import web

from bench import session_load
from bench.session_load import CALLERS, Load, Session
from tests.support.processes import ROOT
from tests.support.upstream import upstream


def answering(model="a/one", pinned="true", ending=None):
    """A gateway that always says the same."""

    async def reply(request):
        sent = await request.json()
        if request.path.startswith("/routing"):
            return web.json_response({"model": model, "pinned": pinned == "true"})
        whole = b"{}" if not sent["stream"] else b'data: {"type":"message_stop"}\n\n'
        if sent["stream"] and "chat" in request.path:
            whole = b"data: [DONE]\n\n"
        headers = {"x-pointsman-model": model, "x-pointsman-pinned": pinned}
        return web.Response(body=whole if ending is None else ending, headers=headers)

    return upstream(reply)


async def loaded(url, seconds=0.6):
    load = Load(url, seconds)
    await asyncio.to_thread(load.run)
    return load.told()


async def test_a_gateway_that_answers_fails_nothing():
    async with answering(pinned="false") as served:
        told = await loaded(served.url)
    assert told["sent"] == told["unpinned"] > CALLERS
    assert (told["failed"], told["pins_changed"]) == (0, 0)
    assert told["sessions"] >= CALLERS
    assert 0 < told["p50_ms"] <= told["p99_ms"] <= told["max_ms"]


async def test_a_pin_that_no_answer_made_is_wrong():
    async with answering(pinned="true") as served:
        told = await loaded(served.url)
    assert told["pins_changed"] == told["sessions"]  # the first answer of each; then it is known


async def test_an_answer_that_is_not_whole_and_a_gateway_that_is_away_fail():
    async with answering(ending=b"data: {") as served:
        told = await loaded(served.url)
    assert 0 < told["failed"] < told["sent"]  # decisions are whole
    assert all("data: {" in what for what in told["failures"])
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        told = await loaded(f"http://127.0.0.1:{unused.getsockname()[1]}", 0.1)
    assert told["failed"] >= CALLERS
    assert set(told["failures"]) == {"ConnectionRefusedError [Errno 111] Connection refused"}


@pytest.mark.parametrize(
    ("answers", "right"),
    [
        ([("a", False), ("a", True), ("b", False), ("a", True)], [True, True, True, True]),
        ([("a", False), ("b", False), ("b", True), ("b", True)], [True, True, True, True]),
        ([("a", False), ("a", True), ("b", True), ("b", True)], [True, True, False, True]),
        ([("a", True)], [False]),
    ],
    ids=["unpinned for a moment", "made late", "moved", "from nowhere"],
)
def test_what_is_a_wrong_pin(answers, right):
    session = Session()
    assert [session.served(model, pinned=pinned) for model, pinned in answers] == right


def test_after_an_answer_that_was_lost_any_pin_may_be_its():
    session = Session(failed=True)
    assert [session.served("a", pinned=True), session.served("b", pinned=True)] == [True, False]


async def test_no_run_goes_on_with_the_sessions_of_another():
    async with answering(pinned="false") as served:
        runs = [Load(served.url, 0.3) for _ in range(2)]
        for load in runs:
            await asyncio.to_thread(load.run)
    assert set(runs[0].sessions).isdisjoint(runs[1].sessions)


async def test_connections_are_opened_anew_now_and_then(monkeypatch):
    monkeypatch.setattr(session_load, "REQUESTS_OF_A_CONNECTION", 1)
    async with answering(pinned="false") as served:
        load = Load(served.url, 0.5)
        await asyncio.to_thread(load.run)
    assert load.told()["failed"] == 0


async def test_as_a_command_it_prints_its_figures():
    async with answering(pinned="false") as served:
        command = [sys.executable, "-m", "bench.session_load", served.url, "0.5"]
        run = await asyncio.to_thread(subprocess.run, command, capture_output=True, cwd=ROOT, check=True)
    assert json.loads(run.stdout)["sent"] >= CALLERS
