import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import ASKED, BROKEN, CHAT, DECISION, TRACE
from filters.context import ChatRequest, Decision, TraceContext, WireFormat
from gateway.telemetry.access_log import AccessLog

SECRET = "a prompt that must not be seen"


def request(path="/v1/chat/completions"):
    return make_mocked_request("POST", path, headers={"Authorization": SECRET})


def test_a_line_tells_what_was_decided_and_nothing_that_was_said(log_lines):
    served = request()
    served[TRACE] = TraceContext("t" * 32, "s", None, 1, None, "r")
    served[CHAT] = ChatRequest(WireFormat.OPENAI_CHAT, {"messages": [SECRET]}, SECRET.encode(), decision_only=True)
    served[DECISION] = Decision("code", ("a/b", "c/d"), "embedded", pinned=True)
    AccessLog().write(served, 200, 1_234_567)
    assert log_lines == [
        {
            "event": "request",
            "log_level": "info",
            "method": "POST",
            "path": "/v1/chat/completions",
            "status": 200,
            "format": "openai_chat",
            "route": "code",
            "model": "a/b",
            "pinned": True,
            "trace_id": "t" * 32,
            "duration_ms": 1.235,
        }
    ]


def test_facts_that_a_request_never_came_to_are_left_out(log_lines):
    AccessLog().write(request(), 400, 0)
    assert set(log_lines[0]) == {"event", "log_level", "method", "path", "status", "duration_ms"}


def test_health_checks_make_no_noise(log_lines):
    AccessLog().write(request("/healthz"), 200, 0)
    assert log_lines == []


def test_a_long_path_is_cut(log_lines):
    AccessLog().write(request("/" + "x" * 5000), 404, 0)
    assert len(log_lines[0]["path"]) == 256


@pytest.mark.parametrize("decision", [None, Decision(None, (), "none"), Decision("code", ("a/b", "c/d"), "embedded")])
def test_where_another_model_was_asked_than_decided_for_the_line_names_that_one(log_lines, decision):
    served = request()
    served[DECISION] = decision
    served[ASKED] = "c/d"
    AccessLog().write(served, 200, 0)
    assert log_lines[0]["model"] == "c/d"


def test_an_answer_that_broke_off_is_marked(log_lines):
    served = request()
    served[BROKEN] = True
    AccessLog().write(served, 200, 0)
    assert log_lines[0]["broken"] is True
