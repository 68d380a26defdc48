import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import ATTRIBUTES, CALLER, CHAT, DECIDED, DECISION, SESSION, TRACE
from filters.context import ChatRequest, Decision, Pin, Session, TraceContext
from filters.formats.canonical.events import TextDelta, Usage
from filters.formats.estimate import OutputEstimate
from filters.record import Attempt
from gateway.telemetry.recording import Recording

SECRET = "a prompt that must not be seen"
TRACED = TraceContext("t" * 32, "s", None, 1, None, "r")


def request(path="/v1/chat/completions"):
    return make_mocked_request("POST", path, headers={"Authorization": SECRET})


def test_a_request_that_came_to_nothing_has_a_record_all_the_same():
    record = Recording().finish(request(), 400)
    assert (record.method, record.path, record.status) == ("POST", "/v1/chat/completions", 400)
    assert (record.trace, record.format, record.decision, record.session, record.model) == (None,) * 5
    assert record.duration >= 0
    assert record.attempts == []


def test_the_facts_of_the_chain_are_in_the_record_and_nothing_that_was_said():
    served = request()
    served[TRACE] = TRACED
    served[CALLER] = "team-a"
    served[ATTRIBUTES] = {"guard": "passed"}
    served[SESSION] = Session(SECRET, SECRET, Pin("a/b", None))
    body = {"messages": [SECRET], "stream": True}
    served[CHAT] = ChatRequest("openai_chat", body, SECRET.encode(), decision_only=True)
    served[DECISION] = decision = Decision("code", ("a/b", "c/d"), "embedded")
    record = Recording().finish(served, 200)
    assert (record.trace, record.caller, record.decision) == (TRACED, "team-a", decision)
    assert (record.format, record.decision_only, record.stream) == ("openai_chat", True, True)
    assert (record.model, record.attributes) == ("a/b", {"guard": "passed"})
    assert len(record.session) == 16
    assert SECRET not in repr(record)


def test_the_model_asked_last_stands_before_the_one_decided_for():
    served, recording = request(), Recording()
    served[DECISION] = Decision("code", ("a/b", "c/d"), "embedded")
    recording.model = "c/d"
    assert recording.finish(served, 200).model == "c/d"


def test_reports_of_tokens_add_up_to_what_is_known():
    recording = Recording()
    recording.note_usage(Usage(input_tokens=3))
    recording.note_usage(Usage(output_tokens=5))
    assert recording.finish(request(), 200).usage == Usage(input_tokens=3, output_tokens=5)


def test_the_first_token_counts_and_no_later_one():
    recording = Recording()
    recording.note_first_token()
    first = recording.first_token
    recording.note_first_token()
    assert recording.first_token == first
    assert recording.finish(request(), 200).time_to_first_token == pytest.approx(first - recording.started)


def test_a_long_path_is_cut():
    assert len(Recording().finish(request("/" + "x" * 5000), 404).path) == 256


def test_two_models_that_were_asked_are_a_fallback():
    recording = Recording()
    recording.attempts.append(Attempt("a/b", "timeout", None, 1.0))
    assert not recording.finish(request(), 502).fallback
    recording.attempts.append(Attempt("c/d", "ok", 200, 0.1))
    assert recording.finish(request(), 200).fallback


def test_a_request_is_priced_at_its_end_by_the_model_that_served():
    recording = Recording()
    recording.price = lambda model, usage: (usage.input_tokens * {"a/b": 1.0}[model], 7.0)
    recording.model, recording.usage = "a/b", Usage(input_tokens=3)
    record = recording.finish(request(), 200)
    assert (record.cost, record.baseline_cost) == (3.0, 7.0)


@pytest.mark.parametrize(("model", "usage"), [(None, Usage(1, 1)), ("a/b", None)])
def test_without_a_model_or_tokens_the_cost_is_not_known(model, usage):
    recording = Recording()
    recording.price = lambda *_: (1.0, 1.0)
    recording.model, recording.usage = model, usage
    record = recording.finish(request(), 200)
    assert (record.cost, record.baseline_cost) == (None, None)


def test_when_the_decision_fell_is_told_from_the_requests_beginning():
    served, recording = request(), Recording()
    assert recording.finish(served, 200).decided is None
    served[DECIDED] = (recording.started + 1, recording.started + 3)
    assert recording.finish(served, 200).decided == pytest.approx((1, 3))


def test_what_was_not_told_is_estimated_and_what_was_stays():
    recording = Recording()
    recording.note_usage(Usage(cache_read=5, output_tokens=1))
    recording.output = OutputEstimate()
    recording.output.event(TextDelta("x" * 40))
    recording.estimate_usage(100)
    assert recording.usage == Usage(100, 10, cache_read=5)
    assert recording.estimated


def test_a_model_can_be_priced_where_its_price_is_known():
    recording = Recording()
    assert not recording.can_price("p/a")
    recording.price = lambda model, usage: (usage.total if model == "p/a" else None, None)
    assert [recording.can_price(model) for model in ("p/a", "p/b")] == [True, False]
