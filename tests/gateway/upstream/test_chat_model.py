import asyncio
import time

import aiohttp
import pytest

from filters.routing.llm.port import LlmUnavailableError
from gateway.upstream.chat_model import MAX_ANSWER_BYTES, HttpChatModel
from tests.support.fake_classifier import FakeClassifier, answers, cut, endless, fails, never, says, slowly

KEY = "sk-very-secret"
AUTH = {"Authorization": f"Bearer {KEY}"}
PROMPT = "my private words"
BODY = {"model": "local/tiny", "messages": [{"role": "user", "content": PROMPT}], "temperature": 0}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "route", "schema": {}}}


@pytest.fixture
async def endpoint():
    async with FakeClassifier() as fake:
        yield fake


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def model(endpoint, session):
    return HttpChatModel(lambda: session, url_of(endpoint), lambda _: AUTH, "tiny:q4")


def url_of(endpoint):
    return f"{endpoint.base_url}/chat/completions"


async def reason_of(model, timeout_seconds=5.0, body=BODY):
    with pytest.raises(LlmUnavailableError) as caught:
        await model.complete(body, timeout_seconds)
    told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.args}"
    assert KEY not in told
    assert PROMPT not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.reason


async def test_the_answer_is_the_assistants_text(model, endpoint):
    endpoint.reply = says('{"route": "travel"}')
    assert await model.complete(BODY, 5) == '{"route": "travel"}'


async def test_the_endpoint_gets_the_body_with_its_own_model_name_and_the_key(model, endpoint):
    await model.complete(BODY, 5)
    assert endpoint.bodies == [{**BODY, "model": "tiny:q4"}]
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert endpoint.headers[0]["Content-Type"] == "application/json"
    assert BODY["model"] == "local/tiny"


async def test_without_a_key_no_authorization_is_sent(endpoint, session):
    await HttpChatModel(lambda: session, url_of(endpoint), lambda _: {}, "tiny").complete(BODY, 5)
    assert "Authorization" not in endpoint.headers[0]


@pytest.mark.parametrize("status", [400, 401, 404, 408, 422, 429, 500, 503])
async def test_an_error_status_is_the_reason(model, endpoint, status):
    endpoint.reply = fails(status)
    assert await reason_of(model) == str(status)
    assert len(endpoint.bodies) == 1


async def test_a_redirect_is_not_followed_since_the_key_would_go_with_it(model, endpoint):
    async def away(_):
        raise aiohttp.web.HTTPFound("http://127.0.0.1:9/v1/chat/completions")

    endpoint.reply = away
    assert await reason_of(model) == "302"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": {"content": ["a"]}}]}',
        b'{"choices": {"0": 1}}',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
    ],
)
async def test_what_is_no_completion_is_malformed(model, endpoint, body):
    endpoint.reply = answers(body)
    assert await reason_of(model) == "malformed"


async def test_an_endless_answer_is_read_only_up_to_the_limit(model, endpoint):
    endpoint.reply = endless
    assert await reason_of(model) == "malformed"


async def test_an_answer_just_under_the_limit_is_read(model, endpoint):
    endpoint.reply = says("a" * (MAX_ANSWER_BYTES - 200))
    assert len(await model.complete(BODY, 5)) == MAX_ANSWER_BYTES - 200


async def test_an_endpoint_that_never_answers_is_left_when_the_time_is_up(model, endpoint):
    endpoint.reply = never
    started = time.monotonic()
    assert await reason_of(model, 0.1) == "timeout"
    assert time.monotonic() - started < 5


async def test_a_slow_endpoint_is_waited_for_within_the_time(model, endpoint):
    endpoint.reply = slowly(0.05, says("travel"))
    assert await model.complete(BODY, 5) == "travel"


async def test_a_cut_connection_is_a_failure_to_connect(model, endpoint):
    endpoint.reply = cut
    assert await reason_of(model) == "connect"


async def test_an_endpoint_that_is_not_there_is_a_failure_to_connect(session):
    assert (
        await reason_of(
            HttpChatModel(lambda: session, "http://127.0.0.1:9/v1/chat/completions", lambda _: AUTH, "tiny")
        )
        == "connect"
    )


async def test_the_session_is_asked_for_only_when_needed(endpoint):
    model = HttpChatModel(lambda: opened[0], url_of(endpoint), lambda _: AUTH, "tiny")
    async with aiohttp.ClientSession() as session:
        opened = [session]
        assert await model.complete(BODY, 5) == "other"


async def test_an_endpoint_that_knows_no_schema_is_asked_again_without_and_never_given_one_again(model, endpoint):
    endpoint.refuses_schema = True
    assert model.supports_schema
    assert await model.complete({**BODY, "response_format": SCHEMA}, 5) == "other"
    assert [("response_format" in body) for body in endpoint.bodies] == [True, False]
    assert not model.supports_schema


async def test_a_400_for_another_reason_says_nothing_about_schemas(model, endpoint):
    endpoint.reply = fails(400)
    assert await reason_of(model, body={**BODY, "response_format": SCHEMA}) == "400"
    assert model.supports_schema


async def test_the_second_try_has_only_what_the_first_left_of_the_time(model, endpoint):
    async def slow_refusal(request):
        await asyncio.sleep(0.2)
        return await fails(400)(request)

    endpoint.reply = slow_refusal
    assert await reason_of(model, 0.3, {**BODY, "response_format": SCHEMA}) == "timeout"
    assert len(endpoint.bodies) == 2


async def test_a_schema_that_is_taken_stays(model, endpoint):
    await model.complete({**BODY, "response_format": SCHEMA}, 5)
    assert endpoint.bodies[0]["response_format"] == SCHEMA
    assert model.supports_schema


async def test_cancelling_the_call_ends_the_request(model, endpoint):
    gone = asyncio.Event()

    async def watched(_):
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    endpoint.reply = watched
    call = asyncio.create_task(model.complete(BODY, 30))
    await endpoint.asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(1):
        await gone.wait()


@pytest.mark.parametrize(("status", "asked"), [(400, 2), (422, 2), (404, 1), (500, 1)])
async def test_only_a_refusal_of_the_body_is_taken_for_one_of_the_schema(model, endpoint, status, asked):
    endpoint.reply = fails(status)
    assert await reason_of(model, body={**BODY, "response_format": SCHEMA}) == str(status)
    assert ["response_format" in body for body in endpoint.bodies] == [True, False][:asked]


@pytest.mark.parametrize(("size", "read"), [(MAX_ANSWER_BYTES, True), (MAX_ANSWER_BYTES + 1, False)])
async def test_the_limit_of_an_answer_is_a_mebibyte(model, endpoint, size, read):
    answer = b'{"choices": [{"message": {"content": "yes"}}]}'
    endpoint.reply = answers(answer + b" " * (size - len(answer)))
    assert MAX_ANSWER_BYTES == 1_048_576
    if read:
        assert await model.complete(BODY, 5) == "yes"
    else:
        assert await reason_of(model) == "malformed"
