"""The real Claude Code through the gateway, over each upstream format, before a provider that is strict."""

import json
from uuid import uuid4

import pytest

from devtools.fake_provider.answers import Answer, Text, Thinking, Tool
from devtools.fake_provider.faults import Fault
from tests.support.acting import png
from tests.support.agents import CLAUDE, MISSING, Claude, Terminal, before, cases, result
from tests.support.gateway import CODE, config_text, load, running

pytestmark = [pytest.mark.skipif(CLAUDE is None, reason=MISSING.format("Claude Code")), pytest.mark.timeout(300)]
OTHERS = {
    "vllm/qwen3.8": "openai_chat",
    "mistral/mistral-large-2512": "openai_chat",
    "gemini/gemini-3.1-pro-preview": "openai_chat",
    "deepseek/deepseek-v4-pro": "openai_chat",
    "openai/gpt-4o-mini": "openai_chat",
    "openai/gpt-5.6-terra": "openai_responses",
    "anthropic/claude-haiku-4-5": "anthropic_messages",
    "anthropic/claude-3-5-haiku-latest": "anthropic_messages",
    "anthropic/claude-opus-5": "anthropic_messages",
}


@pytest.fixture
def claude(tmp_path, gateway):
    return Claude(tmp_path, gateway.url)


def runs_two_commands(seen):
    """Call Bash twice at once, then say what both gave."""
    if len(seen.results) < 2:
        first, second = ('{"command": "echo ', 'one"}'), ('{"command": "echo two"}',)
        thought = Thinking(("I will ", "run both."))
        return Answer(
            (thought, Text(("Running.",)), Tool("call_a", "Bash", first), Tool("call_b", "Bash", second)),
            interleaved=True,
        )
    return Answer.text("They gave ", " and ".join(sorted(seen.results)))


async def test_a_loop_with_two_parallel_tools(provider, claude):
    provider.play = runs_two_commands
    report = await claude.ask("Run two commands", "--allowedTools", "Bash")
    assert result(report)["result"] == "They gave one and two"
    assert len(provider.seen) == 2


@pytest.mark.parametrize("model", OTHERS)
async def test_the_loop_over_other_models(tmp_path, provider, model):
    provider.play = runs_two_commands
    async with before(tmp_path, provider, OTHERS[model], model) as gateway:
        report = await Claude(tmp_path, gateway.url).ask("Run two commands", "--allowedTools", "Bash")
    assert result(report)["result"] == "They gave one and two"


async def test_an_image_that_it_reads(tmp_path, provider, claude):
    (tmp_path / "dot.png").write_bytes(png())

    def play(seen):
        if not seen.results:
            return Answer.tools(Tool("call_a", "Read", (json.dumps({"file_path": str(tmp_path / "dot.png")}),)))
        return Answer.text(f"I see {seen.images} image")

    provider.play = play
    report = await claude.ask("What is in the image?", "--allowedTools", "Read")
    assert result(report)["result"] == "I see 1 image"


async def test_a_subagent(provider, claude):
    task = {"description": "count", "prompt": "Count the stars, subagent", "subagent_type": "general-purpose"}

    def play(seen):
        if "Count the stars" in seen.said:
            return Answer.text("There are seven stars.")
        if not seen.results:
            return Answer.tools(Tool("call_a", "Agent", (json.dumps(task | {"run_in_background": False}),)))
        return Answer.text("It says: ", seen.results[-1])

    provider.play = play
    report = await claude.ask("Let a subagent count")
    assert "There are seven stars." in result(report)["result"]


async def test_a_session_that_is_resumed(provider, claude):
    provider.play = runs_two_commands
    first = result(await claude.ask("Run two commands", "--allowedTools", "Bash"))
    provider.play = lambda seen: Answer.text(f"I remember {len(seen.results)} results")
    report = await claude.ask("What do you remember?", "--resume", first["session_id"])
    assert result(report)["result"] == "I remember 2 results"


async def test_tool_search(tmp_path, gateway, provider):
    claude = Claude(tmp_path, gateway.url, ENABLE_TOOL_SEARCH="true")

    def play(seen):
        if not seen.results:
            return Answer.tools(Tool("call_a", "ToolSearch", ('{"query": "select:CronList"}',)))
        if len(seen.results) == 1:
            assert "CronList" in seen.results[0]
            assert "CronList" in seen.tools
            return Answer.tools(Tool("call_b", "CronList"))
        return Answer.text("Found: ", seen.results[-1])

    provider.play = play
    report = await claude.ask("Which jobs are there?", "--allowedTools", "CronList")
    assert result(report)["result"].startswith("Found: No scheduled jobs")
    placeholders = [
        "DeferredToolPlaceholder" in seen.tools for seen in provider.seen if not seen.path.endswith("/messages")
    ]
    assert not any(placeholders)
    assert len(provider.seen) == 3


async def test_a_shape_that_the_answer_must_have(provider, claude):
    schema = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}

    def play(seen):
        if not seen.results and "StructuredOutput" in seen.tools:
            return Answer.tools(Tool("call_a", "StructuredOutput", ('{"town": ', '"Oslo"}')))
        return Answer.text("Told.")

    provider.play = play
    report = await claude.ask("Which town?", "--json-schema", json.dumps(schema))
    assert result(report)["structured_output"] == {"town": "Oslo"}


async def test_compaction_on_demand(provider, claude):
    provider.play = lambda seen: Answer.text(
        "<summary>" if "summary" in seen.said else "The first answer.", "We spoke."
    )
    first = result(await claude.ask("Tell me something"))
    report = await claude.ask("/compact", "--resume", first["session_id"])
    assert any(each.get("subtype") == "compact_boundary" for each in report)
    provider.play = lambda seen: Answer.text("We spoke" if "We spoke." in seen.said else "Who are you?")
    report = await claude.ask("And now?", "--resume", first["session_id"])
    assert result(report)["result"] == "We spoke"


async def test_what_fills_the_context(tmp_path, provider, gateway):
    """The tokens of each part are asked for, and estimated where the provider cannot count."""
    async with Terminal(tmp_path, gateway.url) as terminal:
        await terminal.types("/context")
        await terminal.shows(b"Freespace")
        await terminal.shows(b"tokens")
    counted = [each.path for each in provider.requests if each.path.endswith("count_tokens")]
    assert bool(counted) is (gateway.wire == "anthropic_messages")


# --- sessions: what the application asks for itself decides nothing ---------------------------------------------------

SMALL, BIG = "openai/gpt-4o-mini", "anthropic/claude-opus-4-8"
HEADER = "x-claude-code-session-id"


@pytest.fixture
async def routed(tmp_path, provider):
    """A gateway that routes code to a big model and pins by the header of Claude Code."""
    entries = [{"model": model, "base_url": provider.url, "access_key": "k"} for model in (SMALL, BIG)]
    entries[0]["default"] = "true"
    async with running(
        load(tmp_path, config_text(entries, [BIG], routing=f"{{session_headers: [{HEADER}]}}"))
    ) as served:
        yield served


def is_title(seen):
    return "naming a coding session" in seen.told


async def pin_of(gateway, session):
    """Return what the session of a request would be served by, and whether that is pinned."""
    body = {"messages": [{"role": "user", "content": "And now?"}], "max_tokens": 9}
    _, _, answer = await gateway.post("/routing/v1/messages", body, {HEADER: session})
    return answer["model"], answer["pinned"]


async def test_the_title_of_a_session_does_not_decide_for_it(tmp_path, provider, routed):
    """The SDK's client has each session titled, by a text that speaks of code, before its user's own request."""
    provider.play = lambda seen: Answer.text("ok")
    prompts = f"Where is Rome?|{CODE}|Where is Oslo?"
    told = await cases("claude-code", "claude_agent", tmp_path, routed.url, "auto", "turns", PROMPTS=prompts)
    assert [is_title(seen) for seen in provider.seen].count(True) >= 1
    users = [seen.body["model"] for seen in provider.seen if not is_title(seen)]
    assert users == ["gpt-4o-mini", "claude-opus-4-8", "claude-opus-4-8"]
    assert await pin_of(routed, told["turns"][0]["session"]) == (BIG, True)


async def test_a_session_without_a_match_stays_unpinned_in_a_terminal(tmp_path, provider, routed):
    provider.play = lambda seen: Answer.text("A town in Italy")
    session = str(uuid4())
    async with Terminal(tmp_path, routed.url, "--session-id", session) as terminal:
        await terminal.types("Where is Rome?")
        await terminal.shows(b"AtowninItaly")
    assert any(is_title(seen) for seen in provider.seen)
    assert await pin_of(routed, session) == ("none", False)


# --- the SDK ----------------------------------------------------------------------------------------------------------


async def test_the_sdk_with_a_tool_of_its_own_and_an_interruption(tmp_path, gateway, provider):
    def play(seen):
        if "without an end" in seen.said and "And now?" not in seen.said:
            return Answer.text(*["word "] * 600, fault=Fault(pace=0.05))
        if "weather in" in seen.said and not seen.results and seen.tools:
            return Answer.tools(seen.call("call_w", "get_weather", city="Oslo"))
        return Answer.text("They say ", *seen.results[-1:])

    provider.play = play
    told = await cases(
        "claude-code", "claude_agent", tmp_path, gateway.url, "auto", PROMPTS="The weather in Oslo?|Thanks"
    )
    first, second = told["turns"]
    assert first["text"] == ["They say 18C in Oslo"]
    assert first["partial"] > 5
    assert second["session"] == first["session"]
    assert told["interruption"]["text"] == ["They say "]
    await provider.wait_for_disconnect()
