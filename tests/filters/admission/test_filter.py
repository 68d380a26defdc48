import asyncio

from filters.admission.filter import AdmissionFilter
from filters.admission.queue import Admission, AdmissionLimits
from filters.api import WHO, Filter
from filters.caller import Caller
from tests.support.waiting import until

PATH = "/v1/chat/completions"


class Called(Filter):
    async def __call__(self, request, handler):
        request[WHO] = Caller(request.headers["x-name"], max_in_flight=int(request.headers.get("x-most", 100)))
        return await handler(request)


class Waiting(Filter):
    """Holds requests until it is told to let them go."""

    def __init__(self):
        self.go = asyncio.Event()

    async def __call__(self, request, handler):
        await self.go.wait()
        return await handler(request)


async def test_beyond_the_places_and_the_queue_it_is_a_503_that_says_when_to_come_back(serve):
    admission, waiting = Admission(), Waiting()
    client = await serve([AdmissionFilter(admission, AdmissionLimits(1, 1, 30.0)), waiting])
    held = [asyncio.create_task(client.post(PATH)) for _ in range(2)]
    await until(lambda: (admission.serving, admission.queued) == (1, 1))
    refused = await client.post(PATH)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert "limits.max_in_flight" in (await refused.json())["error"]["message"]
    waiting.go.set()
    assert [(await each).status for each in held] == [200, 200]
    assert (admission.serving, admission.queued) == (0, 0)


async def test_callers_are_told_apart_by_their_keys_and_have_what_those_allow(serve):
    admission, waiting = Admission(), Waiting()
    client = await serve([Called(), AdmissionFilter(admission, AdmissionLimits(9, 9, 0.05)), waiting])
    ann = {"x-name": "ann", "x-most": "1"}
    held = asyncio.create_task(client.post(PATH, headers=ann))
    await until(lambda: admission.serving == 1)
    assert (await client.post(PATH, headers=ann)).status == 503
    other = asyncio.create_task(client.post(PATH, headers={"x-name": "bob"}))
    await until(lambda: admission.serving == 2)
    waiting.go.set()
    assert [(await each).status for each in (held, other)] == [200, 200]
    assert admission.serving == 0


async def test_a_caller_that_hangs_up_gives_its_place_back(serve):
    admission, waiting = Admission(), Waiting()
    client = await serve([AdmissionFilter(admission, AdmissionLimits(9, 9, 30.0)), waiting])
    held = asyncio.create_task(client.post(PATH))
    await until(lambda: admission.serving == 1)
    held.cancel()
    await until(lambda: admission.serving == 0)


async def test_callers_without_keys_are_told_apart_by_their_addresses(serve):
    admission, waiting = Admission(), Waiting()
    client = await serve([AdmissionFilter(admission, AdmissionLimits(9, 9, 30.0)), waiting])
    held = asyncio.create_task(client.post(PATH))
    await until(lambda: admission.serving == 1)
    assert admission._serving == {"127.0.0.1": 1}
    waiting.go.set()
    assert (await held).status == 200
