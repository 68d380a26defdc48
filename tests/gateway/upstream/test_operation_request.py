"""What goes to a provider for an operation that is no chat, or the answer that the gateway itself has."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from filters.api import CALLER, RESPONSE_HEADERS, SESSION
from filters.context import Pin, Session
from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from filters.formats.canonical.events import Usage
from filters.session_pinning.memory import MemoryPinStore
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.candidates import Candidates
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.operation_request import ESTIMATED, OperationRequests
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt", "base_url": "http://one.test/base", "access_key": "our-key"},
    {"model": "anthropic/claude", "base_url": "http://two.test", "access_key": "our-key"},
    {"model": "groq/keyless", "base_url": "http://three.test", "access_key": "$GROQ_KEY"},
]


@pytest.fixture
def kept():
    return KeptAnswers(MemoryPinStore(60, 100))


@pytest.fixture
def make(tmp_path, kept):
    config = load(tmp_path, config_text(PROVIDERS))
    requests = OperationRequests(config, Candidates(config), BodyLimits(), kept)

    async def note(request, made, usage):
        await requests.note_usage(request, made.operation, usage)
        return request[RECORDING].usage

    async def made(path, body=b"", method="POST", **facts):
        request = make_mocked_request(method, path, headers={"Content-Type": facts.pop("type", "application/json")})
        request[RECORDING], request[RESPONSE_HEADERS] = Recording(), {}
        request[CALLER], request[SESSION] = facts.get("caller"), facts.get("session")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return request, await requests.of(request, requests.find(request), body)

    made.note = note
    return made


async def test_the_tokens_of_an_answer_that_was_made_before_are_counted_once(make, kept):
    told = Usage(3, 2)
    request, made = await make("/v1/embeddings", {"model": "openai/gpt", "input": "x"})
    assert await make.note(request, made, None) is None
    assert await make.note(request, made, told) == told
    await kept.remember(None, "resp_1", "openai/gpt")
    await kept.remember(None, "resp_2", "openai/gpt", background=True)
    seen = []
    for ident in ("resp_1", "resp_2", "resp_2"):
        request, made = await make(f"/v1/responses/{ident}", method="GET", type="")
        seen.append(await make.note(request, made, told))
    assert seen == [None, told, None]


async def test_it_goes_to_the_provider_of_the_model_under_the_name_that_it_knows(make):
    request, made = await make("/v1/embeddings?beta=true&x=1", {"model": "openai/gpt", "input": "x"})
    assert json.loads(made.body) == {"model": "gpt", "input": "x"}
    url, headers = made.addressed(request)
    assert str(url) == "http://one.test/base/embeddings?beta=true"
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer our-key", "application/json")
    assert request[RESPONSE_HEADERS]["x-pointsman-model"] == request[RECORDING].model == "openai/gpt"


async def test_a_form_keeps_its_type_and_a_request_without_a_body_has_none(make, kept):
    form = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/gpt\r\n--b--\r\n'
    request, made = await make("/v1/audio/transcriptions", form, type="multipart/form-data; boundary=b")
    assert made.addressed(request)[1]["Content-Type"] == "multipart/form-data; boundary=b"
    assert b"\r\n\r\ngpt\r\n" in made.body
    await kept.remember("ann", "resp_1", "openai/gpt")
    request, made = await make("/v1/responses/resp_1", method="GET", caller="ann", type="")
    assert "Content-Type" not in made.addressed(request)[1]


async def test_a_pinned_session_chooses_where_the_body_does_not(make):
    session = Session("s", "s", Pin("anthropic/claude", None))
    _, made = await make("/v1/embeddings", {"input": "x"}, session=session)
    assert made.candidate.model == "anthropic/claude"


async def test_tokens_are_estimated_where_nobody_counts_them(make):
    said = {"model": "openai/gpt", "messages": [{"role": "user", "content": "hello"}]}
    request, made = await make("/v1/messages/count_tokens", said)
    assert isinstance(made, web.Response)
    assert request[RESPONSE_HEADERS]["x-pointsman-warnings"] == ESTIMATED
    _, made = await make("/v1/messages/count_tokens", {**said, "model": "anthropic/claude"})
    assert made.candidate.model == "anthropic/claude"


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/secret", {}, 404, "no such operation"),
        ("/v1/embeddings", {"input": "x"}, 400, "names none"),
        ("/v1/embeddings", {"model": "nobody/has"}, 404, "There is no model"),
        ("/v1/embeddings", {"model": "groq/keyless"}, 401, "GROQ_KEY"),
        ("/v1/responses/resp_2/cancel", {}, 404, "not known which provider keeps"),
        ("/v1/chat/completions/", {}, 404, "without a slash"),
        ("/v1/v1/chat/completions", {}, 404, "too long by a"),
        ("/v1/files/../x", {}, 404, "`.` or `..`"),
    ],
)
async def test_what_cannot_be_sent_is_refused(make, path, body, status, said):
    with pytest.raises(DownstreamError, match=said) as raised:
        await make(path, body)
    assert raised.value.status == status


async def test_json_that_is_broken_is_said_to_be_and_not_to_lack_a_model(make):
    for body, told in ((b'{"model": "openai/gpt', "The body is not JSON"), (b"{}", "This operation goes to")):
        with pytest.raises(DownstreamError) as caught:
            await make("/v1/embeddings", body)
        assert (caught.value.status, caught.value.message.startswith(told)) == (400, True)
