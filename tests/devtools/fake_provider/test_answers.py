"""The steps in which an answer streams."""

from devtools.fake_provider.answers import Answer, Text, Tool, joined, steps

FIRST, SECOND = Tool("1", "a", ("{", "}")), Tool("2", "b", ("[", "1", "]"))


def told(answer, *, interleaved=False):
    return [(step.kind, step.number, step.piece) for step in steps(answer, interleaved=interleaved)]


def test_each_block_starts_comes_in_pieces_and_ends():
    assert told(Answer(blocks=(Text(("a", "b")), FIRST))) == [
        ("start", 0, ""), ("piece", 0, "a"), ("piece", 0, "b"), ("end", 0, ""),
        ("start", 1, ""), ("piece", 1, "{"), ("piece", 1, "}"), ("end", 1, ""),
    ]  # fmt: skip


def test_interleaved_tools_are_open_together_and_take_turns():
    assert told(Answer.tools(FIRST, SECOND), interleaved=True) == [
        ("start", 0, ""), ("start", 1, ""),
        ("piece", 0, "{"), ("piece", 1, "["), ("piece", 0, "}"), ("piece", 1, "1"), ("piece", 1, "]"),
        ("end", 0, ""), ("end", 1, ""),
    ]  # fmt: skip


def test_text_between_tools_keeps_them_apart():
    kinds = told(Answer(blocks=(FIRST, Text(("x",)), SECOND)), interleaved=True)
    assert [number for _, number, _ in kinds] == sorted(number for _, number, _ in kinds)


def test_the_arguments_of_a_late_tool_are_no_pieces():
    late = Tool("1", "a", ("{", "}"), late=True)
    assert told(Answer.tools(late)) == [("start", 0, ""), ("end", 0, "")]
    assert joined(late) == "{}"


def test_the_model_stops_for_tools_where_there_are_any_unless_told_otherwise():
    assert Answer.text("a").reason == "stop"
    assert Answer.tools(FIRST).reason == "tool_calls"
    assert Answer.tools(FIRST, finish="length").reason == "length"


def test_an_error_is_a_fault_with_a_status():
    answer = Answer.error(429, "Slow down.", retry_after=3)
    assert (answer.fault.status, answer.fault.message, answer.fault.retry_after) == (429, "Slow down.", 3)
