from filters.context import Assessment, Decision, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.admin.ui.records import as_json

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
