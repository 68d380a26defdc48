from dataclasses import FrozenInstanceError, fields

import pytest

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


def test_a_record_can_be_made_of_its_fields_at_once():
    made = record("a")
    assert RequestRecord.of({each.name: getattr(made, each.name) for each in fields(made)}) == made
