import pytest

from filters.formats.canonical.call_ids import CallIds, id_rule, shortened
from filters.formats.canonical.idents import call_id
from filters.formats.canonical.request import Message, Request, ToolCall


@pytest.mark.parametrize("limit", [40, 64])
def test_a_long_id_is_shortened_the_same_each_time(limit):
    long = "x" * (limit + 1)
    assert len(shortened(long, limit)) <= limit
    assert shortened(long, limit) == shortened(long, limit) != shortened(long + "y", limit)
    assert shortened("y" * limit, limit) == "y" * limit
    assert shortened("", limit)


def test_the_rule_is_the_server_s():
    assert id_rule(9, 40)("x" * 50) == call_id("x" * 50, 9)
    assert id_rule(None, 40)("x" * 50) == shortened("x" * 50, 40)


def test_an_answer_tells_each_call_by_an_id_of_its_own():
    ids = CallIds(Request("m", [Message("assistant", [ToolCall("call_0", "f", "{}")])]))
    told = [ids.told("call_0"), ids.told("call_1"), ids.told("call_1"), ids.told("", "toolu_")]
    assert len({"call_0", *told}) == 5
    assert told[1] == "call_1"
    assert told[3].startswith("toolu_")
