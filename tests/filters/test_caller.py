import pytest

from filters.caller import Caller, forbidden


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
