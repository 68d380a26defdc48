"""Messages, read by the SDK of Anthropic."""

from devtools.fake_provider.answers import Answer, Usage
from tests.support.fake_answers import HELLO, RICH


async def test_messages_create_and_stream_agree(provider, anthropic):
    provider.script(RICH, RICH)
    asked = {"model": "claude-x", "max_tokens": 99, "messages": HELLO}
    whole = await anthropic.messages.create(**asked)
    async with anthropic.messages.stream(**asked) as stream:
        streamed = await stream.get_final_message()
    content = [block.model_dump(exclude={"citations", "parsed_output"}) for block in whole.content]
    assert [block.model_dump(exclude={"citations", "parsed_output"}) for block in streamed.content] == content
    assert [block["type"] for block in content] == ["thinking", "text", "tool_use", "tool_use", "tool_use"]
    assert (content[0]["thinking"], content[0]["signature"]) == ("Let me see.", "c2lnbmF0dXJl")
    assert (content[2]["input"], content[4]["input"]) == ({"city": "Zürich"}, {})
    assert whole.stop_reason == streamed.stop_reason == "tool_use"
    assert (streamed.usage.input_tokens, streamed.usage.cache_read_input_tokens) == (30, 60)
    assert (streamed.usage.cache_creation_input_tokens, streamed.usage.output_tokens) == (10, 40)


async def test_messages_name_the_stop_sequence(provider, anthropic):
    provider.script(Answer.text("a", finish="stop_sequence", stop_sequence="END"))
    answer = await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO)
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")


async def test_tokens_can_be_counted(provider, anthropic):
    provider.script(Answer(usage=Usage(input_tokens=31)))
    assert (await anthropic.messages.count_tokens(model="m", messages=HELLO)).input_tokens == 31
