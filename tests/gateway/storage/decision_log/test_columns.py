from dataclasses import replace

import orjson
import pytest

from filters.context import Decision
from filters.formats.canonical.events import Usage
from filters.record import Attempt
from gateway.storage.decision_log.columns import values
from gateway.storage.decision_log.rows import told
from gateway.storage.decision_log.schema import VALUES
from tests.support.logged import decision, record


def columns(made):
    return dict(zip(VALUES, values(told(made)), strict=True))


def test_each_column_holds_what_its_name_says():
    made = record(
        decided=decision(pinned=True), session="digest", stream=True, error="api_error", broken="reset",
        usage=Usage(1, 2, cache_read=3, cache_write=4, reasoning=5), usage_estimated=True,
        attributes={"decision_id": "d" * 20, "decision_binding": "b" * 20},
    )  # fmt: skip
    found = columns(made)
    assert {name: found[name] for name in VALUES if name not in ("scores", "stages", "candidates", "attempts")} == {
        "id": "d" * 20, "at": made.at, "trace_id": "t" * 32, "caller": "team-a", "session": "digest",
        "format": "openai_chat", "path": "/v1/chat/completions", "decision_only": 0, "stream": 1, "status": 200,
        "error": "api_error", "broken": "reset", "duration": 0.25, "ttft": 0.1, "route": "code",
        "decided_by": "embedded", "pinned": 1, "inline": 0, "binding": "b" * 20, "model": "p/code", "input_tokens": 1,
        "output_tokens": 2, "cache_read": 3, "cache_write": 4, "reasoning": 5, "usage_estimated": 1, "cost": 0.002,
        "baseline_cost": 0.005,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["decision_only", "stream", "pinned", "inline", "usage_estimated"])
def test_what_is_true_or_false_is_a_number_as_sqlite_keeps_it(name):
    assert type(columns(record())[name]) is int


def test_a_request_without_an_id_gets_one_of_when_it_came():
    one, other = (columns(record(at=1_800_000_000.5))["id"] for _ in range(2))
    assert one[:12] == other[:12] == f"{1_800_000_000_500:012x}"
    assert one != other


def test_what_never_came_to_be_is_empty():
    found = columns(record(decision=None, usage=None, attempts=(), trace=None))
    empty = {"trace_id", "route", "decided_by", "pinned", "inline", "candidates", "scores", "stages", "attempts"}
    assert {found[name] for name in empty} == {None}
    assert {found[name] for name in ("input_tokens", "reasoning", "usage_estimated")} == {None}


def test_a_pin_has_neither_scores_nor_stages():
    found = columns(record(decided=Decision("code", ("p/code",), "pin", pinned=True)))
    assert (found["scores"], found["stages"]) == (None, None)
    assert orjson.loads(found["candidates"]) == ["p/code"]


def test_attempts_are_told_in_their_order_to_the_microsecond():
    attempts = (Attempt("p/a", "refused", None, 0.123456789), Attempt("p/b", "ok", 200, 2.0))
    found = orjson.loads(columns(record(attempts=attempts))["attempts"])
    assert found == [["p/a", "refused", None, 0.123457], ["p/b", "ok", 200, 2.0]]


def test_stages_are_told_where_one_was_skipped_without_taking_time():
    made = decision()
    skipped = replace(made, assessment=replace(made.assessment, skipped=(("llm", "budget"),), elapsed_us={}))
    assert orjson.loads(columns(record(decided=skipped))["stages"]) == {
        "elapsed_us": {},
        "skipped": [["llm", "budget"]],
    }
