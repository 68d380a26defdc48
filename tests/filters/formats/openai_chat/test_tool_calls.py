import pytest

from filters.formats.canonical.events import Signature, ToolArgs, ToolEnd, ToolStart
from filters.formats.openai_chat.malformed import MalformedError
from filters.formats.openai_chat.tool_calls import ToolCalls, legacy, numbered


def piece(index=None, ident=None, name=None, arguments=None):
    said = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {key: value for key, value in (("index", index), ("id", ident)) if value is not None} | {"function": said}


def calls_of(*pieces):
    """Return (id, name, arguments) of every call, in the order of their starts."""
    tools = ToolCalls()
    events = [event for one in pieces for event in tools.feed([one])] + list(tools.close())
    started = {event.key: event for event in events if isinstance(event, ToolStart)}
    said = {
        key: "".join(event.text for event in events if isinstance(event, ToolArgs) and event.key == key)
        for key in started
    }
    assert [event.key for event in events if isinstance(event, ToolEnd)] == sorted(started)
    return [(start.id, start.name, said[key]) for key, start in started.items()]


def test_a_call_is_passed_on_piece_by_piece():
    tools = ToolCalls()
    assert not tools
    assert list(tools.feed([piece(0, "a", "f", "")])) == [ToolStart(0, "a", "f")]
    assert list(tools.feed([piece(0, arguments='{"x"')])) == [ToolArgs(0, '{"x"')]
    assert list(tools.feed([piece(0, arguments=":1}")])) == [ToolArgs(0, ":1}")]
    assert list(tools.close()) == [ToolEnd(0)]
    assert tools


def test_interleaved_calls_are_kept_apart():
    assert calls_of(
        piece(0, "a", "f", '{"x"'), piece(1, "b", "g", '{"y"'), piece(0, arguments=":1}"), piece(1, arguments=":2}")
    ) == [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')]


def test_arguments_may_all_come_in_the_first_piece():
    assert calls_of(piece(0, "a", "f", "{}"), piece(1, "b", "g", '{"y":2}')) == [
        ("a", "f", "{}"),
        ("b", "g", '{"y":2}'),
    ]


def test_arguments_before_the_name_are_held():
    tools = ToolCalls()
    assert list(tools.feed([piece(0, arguments='{"x"')])) == []
    assert list(tools.feed([piece(0, "a")])) == []
    assert list(tools.feed([piece(0, name="f", arguments=":1}")])) == [ToolStart(0, "a", "f"), ToolArgs(0, '{"x":1}')]


def test_arguments_that_never_come_are_an_empty_object():
    assert calls_of(piece(0, "a", "f"), piece(1, "b", "g", "")) == [("a", "f", "{}"), ("b", "g", "{}")]


def test_an_index_that_serves_all_calls_is_told_apart_by_their_ids():
    assert calls_of(piece(0, "a", "f", '{"x":1}'), piece(0, "b", "f", '{"x"'), piece(0, arguments=":2}")) == [
        ("a", "f", '{"x":1}'),
        ("b", "f", '{"x":2}'),
    ]


def test_a_missing_index_is_made_up_by_ids_and_by_order():
    assert calls_of(
        piece(None, "a", "f", '{"x"'),
        piece(None, None, None, ":1}"),
        piece(None, "b", "g", '{"y"'),
        piece(None, "a", None, " "),
        piece(None, "b", None, ":2}"),
    ) == [("a", "f", '{"x":1} '), ("b", "g", '{"y":2}')]


def test_without_ids_a_new_name_or_complete_arguments_begin_another_call():
    read = calls_of(piece(0, "", "f", '{"x":1}'), piece(0, "", "f", '{"x":2}'), piece(0, None, "g", "{}"))
    assert [call[1:] for call in read] == [("f", '{"x":1}'), ("f", '{"x":2}'), ("g", "{}")]
    idents = [call[0] for call in read]
    assert all(ident.startswith("call_") for ident in idents)
    assert len(set(idents)) == 3


def test_a_name_or_id_that_is_repeated_in_every_piece_is_one_call():
    assert calls_of(piece(0, "a", "f", '{"x"'), piece(0, "a", "f", ":1}"), piece(0, None, "f", "")) == [
        ("a", "f", '{"x":1}')
    ]


def test_without_ids_a_repeated_name_goes_on_while_the_arguments_are_not_complete():
    assert [call[1:] for call in calls_of(piece(0, "", "f", '{"x"'), piece(0, "", "f", ":1}"))] == [("f", '{"x":1}')]


def test_a_null_beside_the_function_is_no_custom_call():
    assert calls_of({**piece(0, "a", "f", "{}"), "custom": None}) == [("a", "f", "{}")]


def test_an_id_that_changes_in_every_piece_is_one_call():
    assert calls_of(piece(0, "a", "f", '{"x"'), piece(0, "other", None, ":1}")) == [("a", "f", '{"x":1}')]


def test_arguments_that_are_an_object_are_written_as_json():
    assert calls_of(piece(0, "a", "f", {"x": 1})) == [("a", "f", '{"x":1}')]


def test_a_custom_call_is_free_text_and_may_be_empty():
    tools = ToolCalls()
    pieces = [
        {"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": ""}},
        {"index": 0, "custom": {"input": "*** Begin"}},
        {"index": 1, "id": "b", "type": "custom", "custom": {"name": "free"}},
    ]
    assert [*tools.feed(pieces), *tools.close()] == [
        ToolStart(0, "a", "patch", custom=True),
        ToolArgs(0, "*** Begin"),
        ToolStart(1, "b", "free", custom=True),
        ToolEnd(0),
        ToolEnd(1),
    ]


def test_a_call_without_a_name_is_malformed():
    with pytest.raises(MalformedError, match="without a name"):
        calls_of(piece(0, "a", None, "{}"))


@pytest.mark.parametrize(
    "entry", [None, "x", {"function": 3}, {"function": {"name": []}}, {"id": {}, "function": {"name": "f"}}]
)
def test_other_shapes_are_malformed(entry):
    with pytest.raises(MalformedError):
        list(ToolCalls().feed([entry]))


def test_the_single_call_of_older_servers_is_one_of_many():
    assert calls_of(*legacy({"name": "f", "arguments": "{}"}))[0][1:] == ("f", "{}")


def test_the_calls_of_a_whole_answer_are_each_their_own():
    assert [call[1:] for call in calls_of(*numbered([piece(name="f"), piece(name="f")]))] == [("f", "{}"), ("f", "{}")]
    with pytest.raises(MalformedError):
        numbered(["x"])


def signed(index, ident, signature, **more):
    return {**piece(index, ident, "f", **more), "extra_content": {"google": {"thought_signature": signature}}}


def test_a_signature_of_googles_is_told_once_before_its_call():
    tools = ToolCalls()
    told = list(tools.feed([signed(0, "a", "sig", arguments="{}")])) + list(tools.feed([piece(0, arguments="")]))
    assert told == [Signature("google", "sig", redacted=True, id="a"), ToolStart(0, "a", "f"), ToolArgs(0, "{}")]
    assert list(tools.close()) == [ToolEnd(0)]


@pytest.mark.parametrize("extra", [None, 3, {}, {"google": 3}, {"google": {}}, {"google": {"thought_signature": 3}}])
def test_what_is_no_signature_is_none(extra):
    tools = ToolCalls()
    assert list(tools.feed([{**piece(0, "a", "f"), "extra_content": extra}])) == [ToolStart(0, "a", "f")]


def test_a_custom_tool_stays_one_though_a_later_piece_does_not_say_so():
    tools = ToolCalls()
    first = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": "x"}}
    (start, args) = tools.feed([first])
    assert (start.custom, args.text) == (True, "x")
