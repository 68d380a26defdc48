import json
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from itertools import product

import pytest
import structlog

from filters.context import Decision, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.logs import configure_logging

BARE = RequestRecord(at=0.0, method="POST", path="/v1/messages", status=400, duration=0.0)
FULL = RequestRecord(
    at=0.0,
    method="POST",
    path="/v1/chat/completions",
    status=200,
    duration=0.001_234_567,
    trace=TraceContext("t" * 32, "s", None, 1, None, "mine"),
    caller="team-a",
    client_address="127.0.0.1",
    format="openai_chat",
    stream=True,
    decision=Decision("code", ("a/b", "c/d"), "embedded", pinned=True),
    session="digest",
    attempts=(Attempt("a/b", "refused", None, 0.1), Attempt("c/d", "ok", 200, 0.2)),
    model="c/d",
    usage=Usage(input_tokens=3, output_tokens=4),
    cost=0.25,
    time_to_first_token=0.5,
    warnings=("a clause",),
)


def test_a_line_tells_what_was_decided_asked_and_used(log_lines):
    AccessLog().emit([FULL])
    assert log_lines == [
        {
            "event": "request",
            "log_level": "info",
            "method": "POST",
            "path": "/v1/chat/completions",
            "status": 200,
            "client": "127.0.0.1",
            "caller": "team-a",
            "format": "openai_chat",
            "route": "code",
            "model": "c/d",
            "decided_by": "embedded",
            "pinned": True,
            "attempts": 2,
            "fallback": True,
            "input_tokens": 3,
            "output_tokens": 4,
            "cost": 0.25,
            "warnings": ["a clause"],
            "trace_id": "t" * 32,
            "request_id": "mine",
            "ttft_ms": 500.0,
            "duration_ms": 1.235,
        }
    ]


def test_facts_that_a_request_never_came_to_are_left_out(log_lines):
    AccessLog().emit([BARE])
    assert set(log_lines[0]) == {"event", "log_level", "method", "path", "status", "duration_ms"}


@pytest.mark.parametrize("decision", [None, Decision(None, (), "none"), Decision("code", ("a/b", "c/d"), "embedded")])
def test_where_another_model_was_asked_than_decided_for_the_line_names_that_one(log_lines, decision):
    AccessLog().emit([replace(BARE, decision=decision, model="c/d")])
    assert log_lines[0]["model"] == "c/d"


def test_a_request_id_of_the_gateways_own_is_not_said_twice(log_lines):
    AccessLog().emit([replace(BARE, trace=TraceContext("t" * 32, "s", None, 1, None, "t" * 32))])
    assert log_lines[0]["trace_id"] == "t" * 32
    assert "request_id" not in log_lines[0]


@pytest.mark.parametrize("field", ["error", "reason", "broken"])
def test_trouble_is_said(log_lines, field):
    AccessLog().emit([replace(BARE, **{"error": "api_error", field: "why"})])
    assert log_lines[0][field] == "why"


def test_what_the_log_could_not_write_is_told(monkeypatch):
    monkeypatch.setattr("gateway.telemetry.access_log.dropped_lines", lambda: 7)
    assert AccessLog().dropped == 7


def test_an_estimate_is_marked_as_one_and_is_there_also_where_the_caller_left_before_an_attempt_ended(log_lines):
    AccessLog().emit([replace(BARE, status=499, model="a/b", usage=Usage(3, 0), usage_estimated=True)])
    [line] = log_lines
    assert (line["input_tokens"], line["output_tokens"], line["usage_estimated"]) == (3, 0, True)
    assert "attempts" not in line


def test_a_line_is_dated_when_the_request_ended(tmp_path):
    with (tmp_path / "log").open("w+") as stream:
        log = configure_logging(stream=stream)
        AccessLog().emit([replace(BARE, at=1_700_000_000.0, duration=2.5)])
        log.close()
        assert '"timestamp":"2023-11-14T22:13:22.500Z"' in (tmp_path / "log").read_text()


DECISIONS = (
    None,
    Decision("code", ("a/b",), "embedded"),
    Decision("code", ("a/b",), "pin", pinned=True),
    Decision("talk", ("a/b",), "embedded", inline=True),
    Decision(None, (), "none"),
)


def every_kind():
    """Return records that differ in each thing that some have in common, and in what is a request's own."""
    ways = product(DECISIONS, (None, "digest"), (None, "team-a"), ("a/b", "c/d"), (200, 404), (None, "openai_chat"))
    for number, (decision, session, caller, model, status, form) in enumerate(ways):
        named = decision.model if decision and not decision.model else model
        yield replace(
            BARE, at=number / 7, duration=number / 1e4, status=status, decision=decision, session=session,
            caller=caller, format=form, model=named, client_address=f"192.0.2.{number % 200}",
            trace=TraceContext(f"{number:032x}", "s", None, 1, None, "r"),
        )  # fmt: skip


def lines_of(batches):
    stream = TextIOWrapper(BytesIO())
    lines = configure_logging(stream=stream, json=True)
    try:
        log = AccessLog()
        for records in batches:
            log.emit(records)
    finally:
        lines.close()
        structlog.reset_defaults()
    return [json.loads(line) for line in stream.buffer.getvalue().splitlines()]


@pytest.mark.parametrize("most", [3, 1000])
def test_what_is_kept_of_a_kind_never_gets_into_the_line_of_another(monkeypatch, most):
    records = list(every_kind()) * 2
    alone = [line for record in records for line in lines_of([[record]])]
    monkeypatch.setattr("gateway.telemetry.access_log._MAX_KINDS", most)
    assert lines_of([records]) == alone
    assert len({json.dumps({**line, "timestamp": ""}) for line in alone}) == len(records) // 2


def test_callers_cannot_fill_the_memory_with_kinds(monkeypatch):
    monkeypatch.setattr("gateway.telemetry.access_log._MAX_KINDS", 10)
    log = AccessLog()
    log.emit([replace(BARE, path=f"/{number}") for number in range(95)])
    assert len(log._kinds) <= 10
