import json

import pytest

from filters.errors import ConfigError
from filters.routing.classifier import Prompt, Skipped
from filters.routing.config import LlmConfig
from filters.routing.llm.classifier import LlmClassifier
from filters.routing.llm.port import LlmUnavailableError
from filters.routing.llm.recorder import RecordingModel, ReplayedModel
from tests.support.fake_llm import CODE, ROUTES, TRAVEL, FixedClassifier, ScriptedModel, unavailable

OPTIONS = LlmConfig(model="tiny")
SECRET = "my very private words"


def bind(model, options=OPTIONS, routes=ROUTES):
    return LlmClassifier(model, FixedClassifier(CODE), options).bind(routes)


async def record(answer, text=SECRET):
    lines = []
    verdict = await bind(RecordingModel(ScriptedModel(answer), ROUTES, lines.append)).classify(Prompt(text))
    return verdict, lines


@pytest.mark.parametrize(
    "answer", ['{"route": "travel"}', "Other", '```["travel", "code_generation"]```', "what do I know"]
)
async def test_a_replay_decides_as_the_model_did(answer):
    recorded, lines = await record(answer)
    replayed = await bind(ReplayedModel(lines)).classify(Prompt(SECRET))
    assert (replayed.route, replayed.others, replayed.decided_by, replayed.skipped) == (
        recorded.route,
        recorded.others,
        recorded.decided_by,
        recorded.skipped,
    )


async def test_a_line_holds_a_key_and_route_names():
    _, lines = await record("Travel, code generation")
    (line,) = lines
    assert line.endswith(b"\n")
    assert set(entry := json.loads(line)) == {"key", "route"}
    assert entry["route"] == ["travel", "code_generation"]
    assert len(entry["key"]) == 32


@pytest.mark.parametrize(
    "answer", [f"You said: {SECRET}", f'{{"route": "{SECRET}"}}', f'{{"route": "travel"}} {SECRET}']
)
async def test_no_prompt_is_kept_even_where_the_model_repeats_it(answer):
    _, lines = await record(answer)
    assert SECRET not in str(lines)


async def test_what_was_never_asked_is_not_made_up():
    _, lines = await record("travel")
    verdict = await bind(ReplayedModel(lines)).classify(Prompt("another prompt"))
    assert verdict.skipped == (Skipped("llm", "not recorded"),)


@pytest.mark.parametrize(
    "changed",
    [
        {"routes": (CODE, TRAVEL)},
        {"options": LlmConfig(model="another")},
        {"options": LlmConfig(model="tiny", template="orchestrator")},
    ],
)
async def test_other_routes_another_model_or_template_ask_for_another_recording(changed):
    _, lines = await record("travel")
    verdict = await bind(ReplayedModel(lines), **changed).classify(Prompt(SECRET))
    assert verdict.skipped == (Skipped("llm", "not recorded"),)


async def test_whether_the_endpoint_takes_a_schema_does_not_matter_to_the_key():
    lines = []
    model = RecordingModel(ScriptedModel("travel", schema=True), ROUTES, lines.append)
    assert model.supports_schema
    await bind(model).classify(Prompt(SECRET))
    assert (await bind(ReplayedModel(lines)).classify(Prompt(SECRET))).route == TRAVEL


async def test_a_failure_is_not_recorded():
    verdict, lines = await record(unavailable("500"))
    assert lines == []
    assert verdict.skipped == (Skipped("llm", "500"),)


async def test_the_later_of_two_lines_counts_and_empty_lines_do_not():
    _, old = await record("travel")
    _, new = await record("code_generation")
    replayed = ReplayedModel([old[0].decode(), "\n", new[0].decode()])
    assert (await bind(replayed).classify(Prompt(SECRET))).route == CODE


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"key": "a"}', '{"route": ["a"]}', "7"])
def test_a_wrong_line_is_named_by_its_number(line):
    with pytest.raises(ConfigError, match="line 2 of the recording"):
        ReplayedModel(['{"key": "a", "route": []}', line])


async def test_a_replay_without_lines_knows_nothing():
    with pytest.raises(LlmUnavailableError, match="not recorded"):
        await ReplayedModel([]).complete({"model": "tiny", "messages": []}, 1)
