"""The admin application of a supervisor, before workers that are small applications on Unix sockets."""

from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.admin.application import build_admin
from gateway.admin.ui.records import as_json
from gateway.admin.workers import fanout_routes
from gateway.config.sections import Admin
from tests.support.logged import HOUR, record


class Worker:
    """A worker that says who it is and keeps what it was told."""

    def __init__(self, number):
        self.number = number
        self.told = []
        self.status = 200

    async def serve(self, request):
        self.told.append((request.method, request.path_qs, (await request.read()).decode()))
        return web.json_response({"i": self.number}, status=self.status)


@pytest.fixture
async def workers(tmp_path):
    made = [Worker(number) for number in range(2)]
    async with AsyncExitStack() as stack:
        for worker in made:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", worker.serve)
            runner = web.AppRunner(app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.UnixSite(runner, str(tmp_path / f"{worker.number}.sock")).start()
        yield made


@pytest.fixture
async def client(tmp_path, workers):
    sockets = [tmp_path / f"{worker.number}.sock" for worker in workers]
    async with TestClient(TestServer(build_admin(Admin(), fanout_routes(sockets)))) as made:
        made.sockets = sockets
        yield made


async def asked(client, method, path, **options):
    answer = await client.request(method, path, **options)
    return answer.status, await answer.json()


async def test_what_all_would_answer_alike_is_asked_of_one(client, workers):
    assert await asked(client, "GET", "/config?x=1") == (200, {"i": 0})
    assert [len(worker.told) for worker in workers] == [1, 0]
    assert workers[0].told[0][1] == "/config?x=1"


async def test_what_each_knows_for_itself_is_asked_of_all(client):
    assert await asked(client, "GET", "/clusters") == (200, {"workers": [{"i": 0}, {"i": 1}]})


async def test_what_changes_something_is_said_to_all(client, workers):
    assert await asked(client, "POST", "/logging", data="debug") == (200, {"i": 0})
    assert [worker.told for worker in workers] == [[("POST", "/logging", "debug")]] * 2


async def test_where_one_refuses_that_is_the_answer(client, workers):
    workers[1].status = 422
    assert await asked(client, "POST", "/reload") == (422, {"i": 1})


async def test_one_can_be_asked_by_its_number(client):
    assert await asked(client, "GET", "/stats?worker=1") == (200, {"i": 1})
    assert (await asked(client, "GET", "/stats?worker=2"))[0] == 404
    assert (await asked(client, "GET", "/stats?worker=x"))[0] == 404


async def test_where_one_is_away_another_answers(client):
    client.sockets[0].unlink()
    assert await asked(client, "GET", "/healthz") == (200, {"i": 1})
    status, answer = await asked(client, "GET", "/clusters")
    assert status == 503
    assert answer["workers"][1] == {"i": 1}


async def test_where_all_are_away_that_is_said(client):
    for socket in client.sockets:
        socket.unlink()
    status, answer = await asked(client, "GET", "/config")
    assert (status, answer["error"]["message"]) == (503, "A worker is away; it is being replaced.")


class Remembering(Worker):
    """A worker that answers for the page: from a log, or from the requests that it remembers."""

    source = "memory"

    async def serve(self, request):
        self.told.append((request.method, request.path, (await request.read()).decode()))
        if request.path == "/api/requests":
            return web.json_response({"requests": [as_json(record(HOUR + self.number))]}, status=self.status)
        return web.json_response({"source": self.source, "note": "so it is", "totals": {"requests": 1}})


@pytest.fixture
async def remembering(tmp_path):
    made = [Remembering(number) for number in range(2)]
    async with AsyncExitStack() as stack:
        for worker in made:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", worker.serve)
            runner = web.AppRunner(app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.UnixSite(runner, str(tmp_path / f"{worker.number}.sock")).start()
        sockets = [tmp_path / f"{number}.sock" for number in range(2)]
        client = TestClient(TestServer(build_admin(Admin(), fanout_routes(sockets))))
        await stack.enter_async_context(client)
        yield client, made


async def test_what_is_made_of_the_last_requests_is_made_of_those_of_all(remembering):
    client, _ = remembering
    status, answer = await asked(client, "GET", "/api/traffic?span=1h")
    assert (status, answer["source"], answer["note"], answer["totals"]["requests"]) == (200, "memory", "so it is", 2)
    _, answer = await asked(client, "GET", "/api/uncertain")
    assert len(answer["decisions"]) == 1  # the same prompt, to both


async def test_the_last_requests_are_those_of_all_newest_first(remembering):
    client, workers = remembering
    _, answer = await asked(client, "GET", "/api/requests")
    assert [each["at"] for each in answer["requests"]] == [HOUR + 1, HOUR]
    workers[0].status = 503
    assert len((await asked(client, "GET", "/api/requests"))[1]["requests"]) == 1
    assert len((await asked(client, "GET", "/api/requests?worker=1"))[1]["requests"]) == 1


async def test_a_worker_that_is_away_is_left_out_of_it(remembering):
    client, workers = remembering
    workers[1].status = 503
    assert (await asked(client, "GET", "/api/traffic"))[1]["totals"]["requests"] == 1


async def test_what_one_read_in_the_log_holds_for_all(remembering):
    client, workers = remembering
    workers[0].source = "log"
    assert (await asked(client, "GET", "/api/traffic"))[1]["totals"] == {"requests": 1}
    assert [len(worker.told) for worker in workers] == [1, 0]


@pytest.mark.parametrize("path", ["/api/labels", "/api/playground"])
async def test_what_changes_a_file_or_nothing_is_said_to_one(client, workers, path):
    assert (await asked(client, "POST", path, data="{}"))[0] == 200
    assert [len(worker.told) for worker in workers] == [1, 0]
