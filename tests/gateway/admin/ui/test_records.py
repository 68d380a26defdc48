import pytest

from filters.context import Assessment, Decision, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.admin.ui.records import as_json, logged_as_json
from gateway.storage.decision_log.decisions import recent
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import decision, entries, record

BARE = RequestRecord(at=1.0, method="POST", path="/v1/messages", status=400, duration=0.0015, error="api_error")


def test_what_is_not_known_is_null():
    shown = as_json(BARE)
    assert (shown["status"], shown["ms"], shown["error"]) == (400, 1.5, "api_error")
    assert [shown[name] for name in ("id", "model", "decision", "tokens", "cost", "ttft_ms")] == [None] * 6
    assert shown["attempts"] == shown["warnings"] == []


def test_a_decision_is_shown_with_its_scores_best_first():
    assessed = Assessment(("a", "b"), (0.25, 0.75), (0.5, 0.5), (("llm", "timeout"),), {"embedded": 7})
    decision = Decision("b", ("x/y",), "embedded", assessment=assessed)
    shown = as_json(
        RequestRecord(
            at=1.0,
            method="POST",
            path="/v1/messages",
            status=200,
            duration=1.0,
            trace=TraceContext("t" * 32, "s", None, 1, None, "r"),
            format="anthropic_messages",
            decision=decision,
            attempts=(Attempt("x/y", "ok", 200, 0.5),),
            model="x/y",
            usage=Usage(input_tokens=3, output_tokens=4),
            time_to_first_token=0.25,
        )
    )
    assert [row["route"] for row in shown["decision"]["scores"]] == ["b", "a"]
    assert shown["decision"]["skipped"] == [["llm", "timeout"]]
    assert (shown["id"], shown["ttft_ms"], shown["tokens"]) == ("t" * 32, 250.0, {"input": 3, "output": 4})
    assert shown["attempts"] == [{"model": "x/y", "outcome": "ok", "status": 200, "ms": 500.0}]


def test_a_decision_without_a_classifier_has_no_scores():
    shown = as_json(
        RequestRecord(
            at=1.0, method="POST", path="/", status=200, duration=1.0, decision=Decision("a", ("x/y",), "pin")
        )
    )
    assert (shown["decision"]["scores"], shown["decision"]["elapsed_us"]) == ([], {})


def logged(tmp_path, made):
    file = SqliteLog(tmp_path / "a.db", 1e9, 100_000_000)
    file.append(entries([made]))
    file.close()
    with Log(tmp_path) as log:
        (found,) = recent(log)
    return logged_as_json(found)


@pytest.mark.parametrize(
    "made",
    [
        record(),
        record(decided=decision((0, 4, 1), text=("now", "before")), usage_estimated=True, session="s" * 16),
        record(decided=decision(inline=True), stream=True),
        record(decision=Decision("code", ("p/code",), "pin", pinned=True), decision_only=True, attempts=()),
        record(decision=None, usage=None, cost=None, baseline_cost=None, time_to_first_token=None),
        record(status=502, error="api_error", broken="connection_lost", usage=Usage(output_tokens=4)),
    ],
)
def test_what_was_logged_is_shown_as_it_was_when_it_happened(tmp_path, made):
    shown = as_json(made)
    if made.decision and made.decision.inline:  # whose routes are not kept
        shown = shown | {"decision": shown["decision"] | {"scores": [], "margin": None}}
    assert logged(tmp_path, made) == shown | {"method": None}
