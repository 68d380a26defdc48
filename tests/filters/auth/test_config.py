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
        {"name": "ann lee"},
        {"name": "x" * 65},
        {"name": ""},
        {"expires": "soon"},
        {"expires": 7},
        {"budgets": [{"per": "day"}]},
        {"budgets": [{"per": "year", "usd": 1}]},
        {"requests_per_minute": 0},
        {"secret": "x"},
    ],
)
def test_what_cannot_be_meant_is_refused(fields):
    with pytest.raises(ValidationError):
        key(**fields)


def test_a_hash_is_not_shown():
    assert HASH not in repr(key())


def test_a_budget_says_whether_models_without_a_price_may_be_used():
    budgets = [{"per": "day", "usd": 5}, {"per": "month", "usd": 6, "unpriced": "allow"}]
    caller = ApiKey(name="ann", hash="sha256:" + "0" * 64, budgets=budgets).caller({}.get)
    assert [budget.allows_unpriced for budget in caller.budgets] == [False, True]
    assert caller.needs_prices
    with pytest.raises(ValidationError):
        ApiKey(name="ann", hash="sha256:" + "0" * 64, budgets=[{"per": "day", "usd": 5, "unpriced": "free"}])
