import orjson
import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import HOOKS, NO_HOOKS, Filter, Hooks
from filters.formats.canonical.events import Finish, FinishReason, TextDelta, Usage
from filters.formats.registry import FORMATS
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.observe import Observer

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
TEXT = {**CHUNK, "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}
STOP = {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
TOKENS = {**CHUNK, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}
WHOLE = {
    **CHUNK,
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}
EVENTS = list(FORMATS["openai_chat"].codec.decode_answer(WHOLE))


def frames(*chunks):
    return b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks)


class Watching(Filter):
    def __init__(self):
        self.seen = []

    def on_event(self, request, event):
        self.seen.append(event)


class Doubling(Filter):
    def rewriter(self, request):
        return self

    def feed(self, event):
        yield event
        yield event


@pytest.fixture
def request_():
    made = make_mocked_request("POST", "/v1/chat/completions")
    made[HOOKS] = NO_HOOKS
    made[RECORDING] = Recording()
    return made


def observer(request, *filters):
    request[HOOKS] = Hooks(filters)
    return Observer(request, "openai_chat")


def test_usage_is_found_in_frames_that_pass(request_):
    watching = observer(request_)
    watching.passed(frames(TEXT))
    assert request_[RECORDING].usage is None
    watching.passed(frames(STOP, TOKENS) + b"data: [DONE]\n\n")
    watching.ended()
    assert (request_[RECORDING].usage.input_tokens, request_[RECORDING].usage.output_tokens) == (3, 4)
    assert request_[RECORDING].first_token is not None


def test_frames_that_pass_are_read_for_a_filter_that_wants_their_events(request_):
    filter_ = Watching()
    watching = observer(request_, filter_)
    watching.passed(frames(TEXT, TOKENS))
    watching.passed(b"data: [DONE]\n\n")
    watching.ended()
    assert TextDelta("hi") in filter_.seen
    assert request_[RECORDING].usage.output_tokens == 4


def test_a_whole_answer_that_passes_is_read_for_its_usage(request_):
    observer(request_).whole(EVENTS)
    assert request_[RECORDING].usage.output_tokens == 4


def test_a_whole_answer_is_shown_event_by_event(request_):
    filter_ = Watching()
    observer(request_, filter_).whole(EVENTS)
    assert TextDelta("hi") in filter_.seen
    assert Finish(FinishReason.STOP) in filter_.seen


def test_events_pass_what_changes_them_and_then_who_watches(request_):
    filter_ = Watching()
    watching = observer(request_, filter_, Doubling())
    assert watching.rewrites
    given = list(watching.rewrite([TextDelta("hi"), Usage(output_tokens=2)]))
    assert given == filter_.seen == [TextDelta("hi"), TextDelta("hi"), Usage(output_tokens=2), Usage(output_tokens=2)]
    assert request_[RECORDING].usage == Usage(output_tokens=2)


def test_the_first_token_is_the_first_content_and_not_the_start(request_):
    watching = observer(request_)
    list(watching.rewrite([Usage(input_tokens=1)]))
    assert request_[RECORDING].first_token is None
    list(watching.rewrite([TextDelta("hi")]))
    assert request_[RECORDING].first_token is not None


def test_what_passes_is_counted_in_case_nobody_tells_its_tokens(request_):
    for feed in (lambda seen: seen.passed(frames(TEXT) * 5), lambda seen: seen.whole([TextDelta("x" * 20)])):
        feed(observer(request_))
        assert request_[RECORDING].output.tokens == 5
    list(observer(request_, Doubling()).rewrite([TextDelta("x" * 20)]))
    assert request_[RECORDING].output.tokens == 10


def test_usage_that_a_stream_told_is_known_before_its_end(request_):
    observer(request_).passed(frames(TEXT, TOKENS))
    assert request_[RECORDING].usage.output_tokens == 4
