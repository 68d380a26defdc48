"""The real Codex through the gateway, over each upstream format, before a provider that is strict."""

import json

import pytest

from devtools.fake_provider.answers import Answer, Text, Thinking, Usage
from tests.support.acting import png
from tests.support.agents import CODEX, MISSING, Codex, before, said

pytestmark = [pytest.mark.skipif(CODEX is None, reason=MISSING.format("Codex")), pytest.mark.timeout(300)]
OTHERS = {
    "vllm/qwen3.8": "openai_chat",
    "mistral/mistral-large-2512": "openai_chat",
    "gemini/gemini-3.1-pro-preview": "openai_chat",
    "deepseek/deepseek-v4-pro": "openai_chat",
    "openai/gpt-4o-mini": "openai_chat",
    "azure_openai/gpt-5.6-terra": "openai_responses",
    "anthropic/claude-haiku-4-5": "anthropic_messages",
    "anthropic/claude-opus-5": "anthropic_messages",
}
KNOWN = "gpt-5.5"
"""A model that Codex knows, for which it offers tools of its own; an alias here. It knows nothing of `auto`."""


@pytest.fixture(params=["auto", KNOWN])
def codex(tmp_path, gateway, request):
    return Codex(tmp_path, gateway.url, request.param)


def output(result):
    """Return what a command printed, out of what Codex tells of it."""
    return result.rpartition("Output:\n")[2].strip()


def runs_two_commands(seen):
    """Run two commands at once, then say what both gave."""
    if len(seen.results) < 2:
        first = seen.call("call_a", "exec_command", '{"cmd": "echo ', 'one"}')
        second = seen.call("call_b", "exec_command", cmd="echo two")
        return Answer((Thinking(("I will ", "run both.")), Text(("Running.",)), first, second), interleaved=True)
    return Answer.text("They gave ", " and ".join(sorted(map(output, seen.results))))


async def test_a_loop_with_two_parallel_tools(provider, codex):
    provider.play = runs_two_commands
    assert said(await codex.ask("Run two commands")).endswith("They gave one and two")
    assert len(provider.seen) == 2


@pytest.mark.parametrize("model", OTHERS)
async def test_the_loop_over_other_models(tmp_path, provider, model):
    provider.play = runs_two_commands
    async with before(tmp_path, provider, OTHERS[model], model) as gateway:
        report = await Codex(tmp_path, gateway.url, KNOWN).ask("Run two commands")
    assert said(report).endswith("They gave one and two")


async def test_an_image(tmp_path, provider, codex):
    (tmp_path / "dot.png").write_bytes(png())
    provider.play = lambda seen: Answer.text(f"I see {seen.images} image")
    report = await codex.ask("What is in it?", before=("-i", str(tmp_path / "dot.png"), "--"))
    assert said(report) == "I see 1 image"


async def test_an_image_that_it_looks_at(tmp_path, provider, codex):
    (tmp_path / "dot.png").write_bytes(png())

    def play(seen):
        if not seen.results:
            return Answer.tools(seen.call("call_a", "view_image", path=str(tmp_path / "dot.png")))
        return Answer.text(f"I see {seen.images} image")

    provider.play = play
    assert said(await codex.ask("What is in it?")) == "I see 1 image"


async def test_a_patch(tmp_path, gateway, provider):
    patch = "*** Begin Patch\n*** Add File: hello.txt\n+Hello, ☀\n*** End Patch\n"

    def play(seen):
        if not seen.results:
            return Answer.tools(seen.call("call_a", "apply_patch", input=patch))
        return Answer.text("Patched.")

    provider.play = play
    codex = Codex(tmp_path, gateway.url, KNOWN)
    assert said(await codex.ask("Write a file")) == "Patched."
    assert (tmp_path / "work/hello.txt").read_text() == "Hello, ☀\n"


def spawns(seen):
    """Search for the tool to spawn with where it is not offered yet, spawn an agent, wait for it, tell what it said."""
    if "Count the stars" in seen.said.rpartition("\n")[2]:
        return Answer.text("There are seven stars.")
    if not any(name.endswith("spawn_agent") for name in seen.tools):
        return Answer.tools(seen.call("call_s", "tool_search", query="spawn agents"))
    if not any("agent_id" in result for result in seen.results):
        return Answer.tools(seen.call("call_a", "spawn_agent", message="Count the stars"))
    if not any("seven stars" in result for result in seen.results):
        started = next(result for result in seen.results if "agent_id" in result)
        return Answer.tools(seen.call("call_w", "wait_agent", targets=[json.loads(started)["agent_id"]]))
    return Answer.text("It says: ", seen.results[-1])


async def test_a_subagent(provider, codex):
    provider.play = spawns
    assert "There are seven stars." in said(await codex.ask("Let a subagent work"))


async def test_a_session_that_is_resumed(provider, codex):
    provider.play = runs_two_commands
    await codex.ask("Run two commands")
    provider.play = lambda seen: Answer.text(f"I remember {len(seen.results)} results")
    assert said(await codex.ask("What do you remember?", before=("resume", "--last"))) == "I remember 2 results"


async def test_a_shape_that_the_answer_must_have(tmp_path, provider, codex):
    schema = {
        "type": "object",
        "properties": {"town": {"type": "string"}},
        "required": ["town"],
        "additionalProperties": False,
    }
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    provider.play = lambda seen: Answer.text('{"town": ', '"Oslo"}')
    report = await codex.ask("Which town?", "--output-schema", str(tmp_path / "schema.json"))
    assert json.loads(said(report)) == {"town": "Oslo"}
    assert "town" in json.dumps(provider.seen[-1].body)


async def test_compaction_when_the_context_is_full(tmp_path, gateway, provider):
    codex = Codex(tmp_path, gateway.url, "auto", more="model_auto_compact_token_limit = 5000\n")

    def play(seen):
        if "CONTEXT CHECKPOINT COMPACTION" in seen.said:
            return Answer.text("We spoke of stars.")
        if "We spoke of stars." in seen.said:
            return Answer.text("I know that we spoke.")
        if not seen.results:
            call = seen.call("call_a", "exec_command", cmd="echo one")
            return Answer.tools(call, usage=Usage(input_tokens=9000, output_tokens=7))
        return Answer.text("Nothing was compacted.")

    provider.play = play
    assert said(await codex.ask("Run a command")) == "I know that we spoke."
