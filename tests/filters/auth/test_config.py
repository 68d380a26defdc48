from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from filters.auth.config import ApiKey
from filters.caller import Budget, Rate

HASH = "sha256:" + "0" * 64
FULL = {"a": "x/a", "x/b": "x/b"}


def key(**fields):
    return ApiKey.model_validate({"name": "ann", "hash": HASH, **fields})


def test_a_key_becomes_a_caller_whose_models_have_their_full_names():
    caller = key(
        models=["a", "x/*"],
        routes=["code"],
        requests_per_minute=3,
        tokens_per_minute=4,
        model_limits=[{"model": "a", "requests_per_minute": 1}],
        budgets=[{"per": "day", "usd": 5}, {"per": "month", "tokens": 6}],
        max_in_flight=2,
    ).caller(FULL.get)
    assert (caller.name, caller.models, caller.routes) == ("ann", {"x/a", "x/*"}, {"code"})
    assert (caller.rate, caller.model_rates) == (Rate(3, 4), {"x/a": Rate(1, None)})
    assert caller.budgets == (Budget("day", 5), Budget("month", None, 6))
    assert caller.max_in_flight == 2


def test_what_is_not_limited_is_not():
    caller = key().caller(FULL.get)
    assert (caller.models, caller.routes, caller.rate, caller.model_rates, caller.budgets) == (
        None, None, Rate(), {}, (),
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    ["2027-01-31", date(2027, 1, 31), datetime(2027, 1, 31), "2027-01-31T01:00:00+01:00"],  # noqa: DTZ001
)
def test_an_expiry_is_a_day_or_a_time(written):
    assert key(expires=written).expires == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"hash": "0" * 64},
        {"hash": HASH.upper()},
        {"hash": HASH + "0"},
        {"hash": HASH[:-1]},
        {"name": "ann lee"},
        {"name": "x" * 65},
        {"name": ""},
        {"expires": 7},
        {"expires": "1800000000"},
        {"budgets": [{"per": "day", "usd": 0}]},
        {"budgets": [{"per": "day", "tokens": 0}]},
        {"budgets": [{"per": "year", "usd": 1}]},
        {"model_limits": [{"model": "a", "tokens_per_minute": 0}]},
        {"requests_per_minute": 0},
        {"tokens_per_minute": 0},
        {"max_in_flight": 0},
        {"secret": "x"},
    ],
)
def test_what_cannot_be_meant_is_refused(fields):
    with pytest.raises(ValidationError):
        key(**fields)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"expires": "soon"}, r"must be a day or a time, as 2027-01-31 or 2027-01-31T12:00:00\+00:00"),
        ({"expires": "31.1.2027"}, "must be a day or a time"),
        ({"budgets": [{"per": "day"}]}, "limits nothing; give usd, tokens or both"),
    ],
)
def test_a_refusal_says_what_would_be_right(fields, told):
    with pytest.raises(ValidationError, match=told):
        key(**fields)


def test_the_least_of_each_limit_is_one():
    caller = key(
        name="x" * 64,
        requests_per_minute=1,
        tokens_per_minute=1,
        max_in_flight=1,
        budgets=[{"per": "day", "tokens": 1}, {"per": "month", "usd": "0.01"}],
    ).caller(FULL.get)
    assert (caller.name, caller.rate, caller.max_in_flight) == ("x" * 64, Rate(1, 1), 1)
    assert caller.budgets == (Budget("day", None, 1), Budget("month", 0.01))


def test_a_hash_is_not_shown():
    assert HASH not in repr(key())


def test_a_budget_says_whether_models_without_a_price_may_be_used():
    budgets = [{"per": "day", "usd": 5}, {"per": "month", "usd": 6, "unpriced": "allow"}]
    caller = ApiKey(name="ann", hash="sha256:" + "0" * 64, budgets=budgets).caller({}.get)
    assert [budget.allows_unpriced for budget in caller.budgets] == [False, True]
    assert caller.needs_prices
    with pytest.raises(ValidationError):
        ApiKey(name="ann", hash="sha256:" + "0" * 64, budgets=[{"per": "day", "usd": 5, "unpriced": "free"}])


def test_a_budget_refuses_models_without_a_price_unless_it_says_otherwise():
    assert not key(budgets=[{"per": "day", "usd": 5}]).caller(FULL.get).budgets[0].allows_unpriced


def test_a_limit_for_a_model_that_is_not_configured_keeps_the_name_it_was_given():
    caller = key(models=["y/new"], model_limits=[{"model": "y/new", "tokens_per_minute": 9}]).caller(FULL.get)
    assert (caller.models, caller.model_rates) == ({"y/new"}, {"y/new": Rate(None, 9)})


def test_an_expiry_is_text_in_the_schema_since_it_may_be_a_day():
    (moment, nothing) = ApiKey.model_json_schema()["properties"]["expires"]["anyOf"]
    assert (moment, nothing) == ({"type": "string"}, {"type": "null"})
