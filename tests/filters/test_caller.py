import pytest

from filters.caller import Budget, Caller, dollars, forbidden, unpriced, untold_cost


@pytest.mark.parametrize(
    ("models", "routes", "model", "route", "may"),
    [
        (None, None, "a/b", None, True),
        ({"a/b"}, None, "a/b", None, True),
        ({"a/b"}, None, "a/c", "code", False),
        ({"a/*"}, None, "a/c", None, True),
        ({"a/*"}, None, "ab/c", None, False),
        (None, {"code"}, "a/b", "code", True),
        (None, {"code"}, "a/b", None, False),
        (None, {"code"}, "a/b", "other", False),
        ({"a/b"}, {"code"}, "c/d", "code", True),
        ({"a/b"}, {"code"}, "a/b", None, True),
        (set(), None, "a/b", None, False),
        (set(), {"code"}, "a/b", "code", True),
        (set(), set(), "a/b", "code", False),
        (None, set(), "a/b", "code", False),
        ({"a/b"}, set(), "a/b", "code", True),
        ({"a/*"}, None, "a", None, True),
        ({"a/*"}, None, "b/a", None, False),
        ({"*"}, None, "a/b", None, False),
        ({"a/b/*"}, None, "a/b/c", None, False),
        ({"A/b"}, None, "a/b", None, False),
    ],
)
def test_a_model_is_allowed_by_its_name_or_by_the_route_that_chose_it(models, routes, model, route, may):
    caller = Caller("ann", None if models is None else frozenset(models), None if routes is None else frozenset(routes))
    assert caller.may_use(model, route) is may


def test_a_refusal_says_what_the_key_is_for():
    error = forbidden(Caller("ann", frozenset({"a/b"}), frozenset({"code"})))
    assert error.status == 403
    assert error.message == "The key of ann may not use this model. It is for the models a/b and the routes code."
    assert forbidden(Caller("ann", frozenset())).message.endswith("It is for no model.")


@pytest.mark.parametrize(
    ("models", "routes", "told"),
    [
        ({"b/c", "a/b"}, None, "the models a/b, b/c"),
        (None, {"prose", "code"}, "the routes code, prose"),
        ({"a/b"}, set(), "the models a/b"),
        (set(), set(), "no model"),
    ],
)
def test_a_refusal_lists_what_may_be_used_in_its_order(models, routes, told):
    caller = Caller("ann", None if models is None else frozenset(models), None if routes is None else frozenset(routes))
    assert forbidden(caller).message == f"The key of ann may not use this model. It is for {told}."


@pytest.mark.parametrize(
    ("budgets", "needs"),
    [
        ((), False),
        ((Budget("day", tokens=5),), False),
        ((Budget("day", usd=5),), True),
        ((Budget("day", usd=5, allows_unpriced=True),), False),
        ((Budget("day", usd=5, allows_unpriced=True), Budget("month", usd=5)), True),
    ],
)
def test_who_has_so_much_money_needs_prices_unless_every_such_budget_does_without(budgets, needs):
    assert Caller("ann", budgets=budgets).needs_prices is needs


@pytest.mark.parametrize(
    ("amount", "told"),
    [(20, "$20"), (0.5, "$0.5"), (0.00001, "$0.00001"), (1_500_000.0, "$1,500,000"), (0, "$0"), (1e-9, "$0.000000001")],
)
def test_money_is_told_as_people_write_it(amount, told):
    assert dollars(amount) == told


def test_an_operation_that_is_not_paid_in_tokens_is_refused_with_the_way_to_allow_it():
    error = untold_cost(Caller("ann"), "images/edits")
    assert error.status == 403
    assert "images/edits" in error.message
    assert "`unpriced: allow`" in error.message


def test_a_model_without_a_price_is_refused_with_both_ways_to_mend_it():
    error = unpriced(Caller("ann"), "a/b")
    assert (error.status, error.message) == (
        403,
        (
            "The price of a/b is not known, and ann has a budget in money. The operator can give the model a"
            " `price` in model_providers, or the budget `unpriced: allow`."
        ),
    )
