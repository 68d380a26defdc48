import marshal
from array import array
from dataclasses import replace

import orjson
import pytest

from filters.context import Decision
from filters.formats.canonical.events import Usage
from gateway.storage.decision_log.columns import values
from gateway.storage.decision_log.rows import (
    classified,
    is_logged,
    stored_text,
    told,
)
from gateway.storage.decision_log.schema import VALUES
from tests.support.logged import decision, record


def row(made):
    return dict(zip(VALUES, values(marshal.loads(marshal.dumps(told(made)))), strict=True))


def test_what_was_decided_or_went_to_a_provider_is_logged():
    assert is_logged(record())
    assert is_logged(record(usage=None, attempts=()))
    bare = record(usage=None, attempts=())
    assert not is_logged(type(bare)(at=0, method="GET", path="/v1/models", status=200, duration=0))


def test_a_row_holds_what_happened_and_what_it_cost():
    found = row(record(attributes={"decision_id": "d" * 20}))
    assert found["id"] == "d" * 20
    assert (found["route"], found["decided_by"], found["model"]) == ("code", "embedded", "p/code")
    assert (found["input_tokens"], found["cache_read"], found["cost"], found["baseline_cost"]) == (
        1000,
        400,
        0.002,
        0.005,
    )
    assert orjson.loads(found["candidates"]) == ["p/code", "p/other"]
    assert orjson.loads(found["attempts"]) == [["p/code", "ok", 200, 0.2]]
    assert orjson.loads(found["stages"]) == {"elapsed_us": {"embedded": 7}, "skipped": []}


def test_a_request_about_which_nothing_was_decided_has_a_row_too():
    found = row(record(decision=None, usage=Usage(7), path="/v1/embeddings"))
    assert (found["route"], found["decided_by"], found["scores"]) == (None,) * 3
    assert found["input_tokens"] == 7


def test_scores_are_kept_of_the_configured_routes_alone():
    assert classified(decision()) is not None
    assert classified(decision(inline=True)) is None
    assert classified(Decision(None, (), "pin")) is None
    assert classified(None) is None
    assert row(record(decided=decision(inline=True)))["scores"] is None


def test_what_was_said_is_there_only_where_it_is_stored():
    assert stored_text(record()) is None
    assert stored_text(record(decided=decision(text=("now", "before")))) == ("now", "before")
    assert stored_text(record(decision=None)) is None


def test_scores_are_kept_to_the_last_bit():
    decided = decision((3, 1, -2))
    assert tuple(array("d", row(record(decided=decided))["scores"])) == tuple(decided.assessment.scores)


@pytest.mark.parametrize(("estimated", "kept"), [(True, 1), (False, 0)])
def test_usage_that_the_provider_did_not_tell_is_marked(estimated, kept):
    assert row(record(usage_estimated=estimated))["usage_estimated"] == kept
    assert row(record(usage=None, usage_estimated=estimated))["usage_estimated"] is None


def test_stages_that_did_not_decide_are_kept_with_their_reasons():
    made = decision()
    skipped = replace(made, assessment=replace(made.assessment, skipped=(("llm", "timeout"),), elapsed_us={}))
    assert orjson.loads(row(record(decided=skipped))["stages"]) == {"elapsed_us": {}, "skipped": [["llm", "timeout"]]}
    silent = replace(made, assessment=replace(made.assessment, elapsed_us={}))
    assert row(record(decided=silent))["stages"] is None
