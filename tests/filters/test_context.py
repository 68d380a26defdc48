import dataclasses

import pytest

from filters.context import ChatRequest, Decision, Pin, TraceContext


def test_the_traceparent_of_what_a_request_causes_names_this_span():
    trace = TraceContext("a" * 32, "b" * 16, "c" * 16, 1, None, "r")
    assert trace.traceparent() == f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.mark.parametrize(("body", "model"), [({"model": "gpt-4o"}, "gpt-4o"), ({}, None), ({"model": None}, None)])
def test_a_chat_request_names_a_model_or_leaves_it_open(body, model):
    assert ChatRequest("openai_chat", body, b"", decision_only=True).model == model


@pytest.mark.parametrize(("value", "streams"), [(True, True), (False, False), (None, False), ("true", False)])
def test_only_true_asks_for_a_stream(value, streams):
    assert ChatRequest("openai_chat", {"stream": value}, b"", decision_only=False).stream is streams


def test_a_decision_serves_its_first_candidate():
    assert Decision("code", ("a/b", "c/d"), "embedded").model == "a/b"
    assert Decision(None, (), "none").model is None


def test_facts_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Pin("a/b", None).model = "c/d"


def test_a_request_with_another_body_has_the_bytes_of_that_body():
    asked = ChatRequest("openai_chat", {"model": "a"}, b'{ "model": "a" }', decision_only=True)
    changed = asked.with_body({"model": "b"})
    assert (changed.body, changed.raw) == ({"model": "b"}, b'{"model":"b"}')
    assert (changed.format, changed.decision_only) == (asked.format, True)
    assert asked.model == "a"
