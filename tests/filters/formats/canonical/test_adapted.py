import pytest

from filters.formats.canonical.adapted import Adapted, effort_taken
from filters.formats.canonical.request import ModelOptions


def test_what_is_put_and_dropped_is_what_is_got():
    adapted = Adapted({"a": 1, "b": 2})
    adapted.put("a", 3, "a is 3")
    adapted.drop("b", "b is gone")
    adapted.drop("c", "never said")
    assert (adapted.get("a"), adapted.get("b"), adapted.get("c")) == (3, None, None)
    assert (adapted.replace, adapted.remove, adapted.warnings) == ({"a": 3}, {"b"}, ["a is 3", "b is gone"])


def test_what_is_put_after_it_was_dropped_stands():
    adapted = Adapted({"a": 1})
    adapted.drop("a")
    adapted.put("a", 2)
    assert (adapted.replace, adapted.remove) == ({"a": 2}, set())


def test_what_was_added_and_dropped_leaves_nothing():
    adapted = Adapted({})
    adapted.put("a", 2)
    adapted.drop("a")
    assert (adapted.replace, adapted.remove) == ({}, set())


def test_a_loss_is_told_once():
    adapted = Adapted({"a": 1, "b": 1})
    adapted.drop("a", "lost")
    adapted.drop("b", "lost")
    assert adapted.warnings == ["lost"]


@pytest.mark.parametrize(("asked", "limit", "put"), [(9, 5, {"n": 5}), (5, 5, {}), (9, None, {}), (None, 5, {})])
def test_a_limit_is_lowered_to_the_ceiling(asked, limit, put):
    adapted = Adapted({"n": asked} if asked else {})
    adapted.limit("n", limit)
    assert adapted.replace == put
    assert bool(adapted.warnings) == bool(put)


def test_a_sampling_setting_that_is_the_default_is_no_loss():
    adapted = Adapted({"temperature": 1, "top_p": 0.5})
    adapted.sampling(("temperature", "top_p", "top_k"), "refused")
    assert adapted.remove == {"temperature", "top_p"}
    assert adapted.warnings == ["top_p is left out: refused"]


def test_a_sampling_setting_of_null_is_left_out_too():
    adapted = Adapted({"temperature": None})
    adapted.sampling(("temperature", "top_p"), "refused")
    assert (adapted.remove, adapted.warnings) == ({"temperature"}, [])


def test_a_long_users_name_is_hashed():
    adapted = Adapted({"user": "u" * 65})
    adapted.user("user", 64)
    assert len(adapted.replace["user"]) == 64
    assert adapted.warnings == []
    unchanged = Adapted({"user": "u" * 64})
    unchanged.user("user", 64)
    assert unchanged.replace == {}


@pytest.mark.parametrize(
    ("asked", "options", "taken", "warned"),
    [
        ("max", ModelOptions(efforts=("low", "high")), "high", True),
        ("high", ModelOptions(efforts=("low", "high")), "high", False),
        ("high", ModelOptions(), "high", False),
        ("high", ModelOptions(reasoning_effort=False), None, True),
        ("none", ModelOptions(reasoning_effort=False), None, False),
        ("odd", ModelOptions(efforts=("low",)), None, True),
    ],
)
def test_the_effort_that_is_taken_is_told_where_it_is_another(asked, options, taken, warned):
    effort, warning = effort_taken(asked, options)
    assert (effort, warning is not None) == (taken, warned)
