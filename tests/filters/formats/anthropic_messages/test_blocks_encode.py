import orjson

from filters.formats.anthropic_messages.blocks_encode import Block, BlockQueue, ToolBlock

TEXT = {"type": "text", "text": ""}
LOOK = {"type": "tool_use", "id": "t", "name": "look", "input": {}}


def tool(custom=False):
    return ToolBlock(LOOK, custom=custom)


def arguments(block):
    return "".join(delta["partial_json"] for delta in block.deltas)


def kinds(events):
    return [(event["type"].removeprefix("content_block_"), event["index"]) for event in events]


def test_arguments_pass_as_they_come():
    block = tool()
    for piece in (" ", "\n{", '"a"', ":1}"):
        block.args(piece)
    assert [delta["partial_json"] for delta in block.deltas] == ["{", '"a"', ":1}"]


def test_a_call_without_arguments_has_an_empty_object():
    block = tool()
    block.end()
    assert arguments(block) == "{}"


def test_arguments_that_are_no_object_wait_for_the_end_and_are_put_inside_of_one():
    for given, expected in (("null", {"arguments": None}), ("[1", {"malformed_arguments": "[1"})):
        block = tool()
        block.args(given)
        assert block.deltas == []
        block.end()
        assert orjson.loads(arguments(block)) == expected


def test_a_custom_tools_text_becomes_json_at_the_end():
    block = tool(custom=True)
    block.args("  {not json")
    block.args("\n")
    assert block.deltas == []
    block.end()
    block.end()
    assert orjson.loads(arguments(block)) == {"input": "  {not json\n"}


def test_one_block_is_open_and_the_next_is_held_until_it_is_over():
    queue, first, second = BlockQueue(), tool(), tool()
    queue.push(first)
    first.args('{"a":')
    assert kinds(queue.due()) == [("start", 0), ("delta", 0)]
    queue.push(second)
    second.args("{}")
    assert kinds(queue.due()) == []
    first.args('"}"}')
    assert kinds(queue.due()) == [("delta", 0), ("stop", 0), ("start", 1), ("delta", 1)]
    assert kinds(queue.flush()) == [("stop", 1)]


def test_a_whole_object_alone_does_not_end_a_call_that_nobody_waits_for():
    queue, block = BlockQueue(), tool()
    queue.push(block)
    block.args("{}")
    assert kinds(queue.due()) == [("start", 0), ("delta", 0)]


def test_a_brace_that_does_not_end_the_object_does_not_end_the_call():
    queue, first = BlockQueue(), tool()
    queue.push(first)
    queue.push(tool())
    first.args('{"code":"if x { y }')
    assert kinds(queue.due()) == [("start", 0), ("delta", 0)]


def test_text_ends_when_anything_else_begins():
    queue, text = BlockQueue(), Block("text", TEXT)
    queue.push(text)
    assert queue.last is text
    queue.push(tool())
    assert text.over
    assert kinds(queue.due()) == [("start", 0), ("stop", 0), ("start", 1)]


def test_a_block_that_was_ended_is_no_longer_the_last():
    queue = BlockQueue()
    assert queue.last is None
    queue.push(Block("text", TEXT))
    queue.end_last()
    assert queue.last is None


def test_the_end_gives_all_that_was_held():
    queue = BlockQueue()
    for block in (tool(), Block("text", TEXT), tool()):
        queue.push(block)
    assert kinds(queue.flush()) == [
        ("start", 0), ("delta", 0), ("stop", 0), ("start", 1), ("stop", 1), ("start", 2), ("delta", 2), ("stop", 2),
    ]  # fmt: skip


def test_what_is_added_to_the_open_block_is_told_at_once_and_in_order():
    queue, block = BlockQueue(), Block("text", TEXT)
    queue.push(block)
    assert kinds(queue.due()) == [("start", 0)]
    for piece in ("a", "b"):
        block.add({"type": "text_delta", "text": piece})
    told = list(queue.due())
    assert kinds(told) == [("delta", 0), ("delta", 0)]
    assert [event["delta"]["text"] for event in told] == ["a", "b"]
    assert list(queue.due()) == []
