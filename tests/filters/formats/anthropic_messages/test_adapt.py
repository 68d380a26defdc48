import pytest

from filters.formats.anthropic_messages.adapt import adapt
from filters.formats.canonical.request import ModelOptions

OLD = ModelOptions(reasoning_effort=False)
PLAIN = ModelOptions(reasoning_effort=False, thinking=False)
NEW = ModelOptions(
    adaptive_thinking=True, efforts=("low", "medium", "high", "xhigh", "max"), sampling=False, late_system=True
)
BUDGET = {"type": "enabled", "budget_tokens": 2000}
ADAPTIVE = {"type": "adaptive"}


def body(**more):
    return {"model": "m", "max_tokens": 4000, "messages": [{"role": "user", "content": "hi"}], **more}


def changed(options, **more):
    """The body as it is sent."""
    given = body(**more)
    adapted = adapt(given, options)
    return {name: value for name, value in (given | adapted.replace).items() if name not in adapted.remove}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (OLD, {"thinking": BUDGET}),
        (OLD, {"temperature": 0.2, "top_k": 5}),
        (OLD, {"thinking": {"type": "disabled"}}),
        (NEW, {"thinking": ADAPTIVE, "output_config": {"effort": "xhigh"}}),
        (NEW, {"messages": [{"role": "user", "content": "hi"}, {"role": "system", "content": "s"}]}),
        (PLAIN, {"output_config": {"format": {"type": "json_schema", "schema": {}}}}),
    ],
)
def test_what_the_model_takes_passes_as_it_is(options, more):
    adapted = adapt(body(**more), options)
    assert (adapted.replace, adapted.remove, adapted.warnings) == ({}, set(), [])


def test_adaptive_thinking_becomes_a_budget_within_max_tokens():
    sent = changed(OLD, thinking=ADAPTIVE, output_config={"effort": "xhigh"})
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 3000}
    assert "output_config" not in sent
    assert changed(OLD, thinking=ADAPTIVE, max_tokens=64_000)["thinking"]["budget_tokens"] == 8192


@pytest.mark.parametrize(
    "more",
    [
        {"max_tokens": 1100},
        {"tools": [{"name": "t"}], "tool_choice": {"type": "any"}},
        {
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "t", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]},
            ]
        },
    ],
)
def test_thinking_is_off_where_a_budget_is_impossible(more):
    given = body(thinking=ADAPTIVE, **more)
    adapted = adapt(given, OLD)
    assert adapted.remove == {"thinking"}
    assert adapted.warnings[0].startswith("thinking is off for this call")


def test_beside_a_budget_there_is_no_sampling():
    sent = changed(OLD, thinking=ADAPTIVE, temperature=0.3)
    assert "temperature" not in sent


@pytest.mark.parametrize(("budget", "effort"), [(1024, "low"), (8000, "medium"), (20_000, "high")])
def test_a_budget_becomes_an_effort(budget, effort):
    thinking = {"type": "enabled", "budget_tokens": budget, "display": "summarized"}
    sent = changed(NEW, thinking=thinking, max_tokens=32_000)
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert sent["output_config"] == {"effort": effort}


def test_an_effort_that_is_said_stays_beside_a_budget():
    sent = changed(NEW, thinking=BUDGET, output_config={"effort": "max", "format": {"type": "json_schema"}})
    assert sent["output_config"] == {"effort": "max", "format": {"type": "json_schema"}}


@pytest.mark.parametrize(
    ("efforts", "asked", "sent"),
    [(("low", "medium", "high"), "max", "high"), (("low", "high", "max"), "xhigh", "max"), ((), "odd", "odd")],
)
def test_an_effort_becomes_the_nearest_that_the_model_knows(efforts, asked, sent):
    options = ModelOptions(adaptive_thinking=True, efforts=efforts)
    assert changed(options, output_config={"effort": asked})["output_config"] == {"effort": sent}


def test_an_effort_that_no_one_knows_goes_and_the_rest_stays():
    options = ModelOptions(adaptive_thinking=True, efforts=("low",))
    assert changed(options, output_config={"effort": "odd", "format": 1})["output_config"] == {"format": 1}


@pytest.mark.parametrize("thinking", [BUDGET, ADAPTIVE])
def test_a_model_without_thinking_gets_none_nor_what_is_said_beside_it(thinking):
    management = {"edits": [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]}
    sent = changed(PLAIN, thinking=thinking, output_config={"effort": "high"}, context_management=management)
    assert set(sent) == {"model", "max_tokens", "messages", "context_management"}
    assert sent["context_management"] == {"edits": [{"type": "clear_tool_uses_20250919"}]}
    only = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
    assert "context_management" not in changed(PLAIN, thinking=thinking, context_management=only)


def test_a_model_without_thinking_is_not_told_to_switch_it_off():
    adapted = adapt(body(thinking={"type": "disabled"}), PLAIN)
    assert (adapted.remove, adapted.warnings) == ({"thinking"}, [])


def test_thinking_that_cannot_be_switched_off_is_not():
    always = ModelOptions(adaptive_thinking=True, thinking_off=False)
    adapted = adapt(body(thinking={"type": "disabled"}), always)
    assert adapted.remove == {"thinking"}
    assert adapted.warnings == ["thinking cannot be switched off in this model"]


def test_sampling_settings_are_left_out_where_the_model_refuses_them():
    adapted = adapt(body(temperature=0.2, top_p=1), NEW)
    assert adapted.remove == {"temperature", "top_p"}
    assert adapted.warnings == ["temperature is left out: the model refuses it"]


def test_max_tokens_is_lowered_to_the_ceiling():
    assert changed(ModelOptions(max_tokens_limit=4096), max_tokens=32_000)["max_tokens"] == 4096


CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "t", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}


@pytest.mark.parametrize(
    ("messages", "roles", "last"),
    [
        (
            [{"role": "user", "content": "hi"}, {"role": "system", "content": "S"}],
            ["user"],
            [{"type": "text", "text": "hi"}, {"type": "text", "text": "S"}],
        ),
        (
            [{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}],
            ["user"],
            [{"type": "text", "text": "S"}, {"type": "text", "text": "hi"}],
        ),
        (
            [
                {"role": "user", "content": "hi"},
                CALL,
                {"role": "system", "content": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}]},
                {"role": "user", "content": [RESULT]},
            ],
            ["user", "assistant", "user"],
            [RESULT, {"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
        ),
        (
            [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": "a"},
                {"role": "system", "content": "S"},
            ],
            ["user", "assistant", "user"],
            [{"type": "text", "text": "S"}],
        ),
    ],
)
def test_what_the_system_says_late_is_said_by_the_user_behind_results_of_tools(messages, roles, last):
    sent = changed(OLD, messages=messages)["messages"]
    assert [message["role"] for message in sent] == roles
    assert sent[-1]["content"] == last


@pytest.mark.parametrize(
    ("both", "given", "sent"),
    [
        (False, {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2}),
        (False, {"top_p": 0.9, "top_k": 5}, {"top_p": 0.9, "top_k": 5}),
        (True, {"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2, "top_p": 0.9}),
    ],
)
def test_of_temperature_and_top_p_the_first_stays_where_both_are_refused(both, given, sent):
    options = ModelOptions(both_sampling=both)
    assert changed(options, **given) == body(**sent)
    assert bool(adapt(body(**given), options).warnings) == (given != sent)


def test_ids_that_repeat_are_told_apart():
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "call_0", "name": "f", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0", "content": "1"}]}
    sent = changed(OLD, messages=[*body()["messages"], use, result, use, result])["messages"]
    uses = [sent[1]["content"][0]["id"], sent[3]["content"][0]["id"]]
    assert len(set(uses)) == 2
    assert [sent[2]["content"][0]["tool_use_id"], sent[4]["content"][0]["tool_use_id"]] == uses
