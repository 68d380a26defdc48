from dataclasses import FrozenInstanceError, fields, replace

import pytest

from filters.context import Decision
from filters.record import Attempt, RequestRecord


def record(*models):
    attempts = tuple(Attempt(model, "ok", 200, 0.1) for model in models)
    return RequestRecord(at=0.0, method="POST", path="/", status=200, duration=0.0, attempts=attempts)


@pytest.mark.parametrize(("models", "fallback"), [((), False), (("a", "a"), False), (("a", "b"), True)])
def test_a_fallback_is_another_model_than_the_first(models, fallback):
    assert record(*models).fallback is fallback


def test_a_record_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        record().status = 500


def test_requests_are_of_one_kind_where_names_and_outcome_are_the_same():
    decision = Decision("code", ("a/b",), "embedded")
    base = replace(record(), decision=decision, session="digest", caller="team-a", model="a/b")
    same = replace(base, at=9.0, duration=3.0, session="other", client_address="192.0.2.1")
    assert same.kind == base.kind
    others = [
        replace(base, **change)
        for change in (
            {"method": "GET"}, {"path": "/v1"}, {"status": 404}, {"caller": None}, {"format": "openai_chat"},
            {"model": "c/d"}, {"session": None}, {"decision": None},
            *({"decision": replace(decision, **each)} for each in (
                {"route": "talk"}, {"decided_by": "llm"}, {"pinned": True}, {"inline": True}
            )),
        )
    ]  # fmt: skip
    assert len({base.kind, *(each.kind for each in others)}) == 1 + len(others)


def test_a_record_can_be_made_of_its_fields_at_once():
    made = record("a")
    assert RequestRecord.of({each.name: getattr(made, each.name) for each in fields(made) if each.init}) == made
