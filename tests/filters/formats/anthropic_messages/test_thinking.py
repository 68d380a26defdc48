import pytest

from filters.formats.anthropic_messages.request_encode import encode_request
from filters.formats.canonical.request import (
    Message,
    ModelOptions,
    Reasoning,
    Request,
    Text,
    Thought,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tests.support.anthropic_sdk import check_request

OLD, NEW = ModelOptions(), ModelOptions(adaptive_thinking=True)
HI = Message("user", [Text("hi")])
SIGNED, UNSIGNED = Thought("hm", "sig", "anthropic"), Thought("hm")
TOOL = Tool("look", schema={"type": "object", "properties": {}})


def encode(reasoning, options=OLD, messages=(HI,), **fields):
    encoded = encode_request(Request("claude", messages, reasoning=reasoning, **fields), options)
    check_request(encoded.body)
    return encoded.body, list(encoded.warnings)


def loop(first_thought, steps=1):
    """A tool loop that is going on, whose first step begins with a thought."""
    yield HI
    for step in range(steps):
        thoughts = [first_thought] if step == 0 and first_thought else []
        yield Message("assistant", [*thoughts, ToolCall(f"t{step}", "look", "{}")])
        yield Message("user", [ToolResult(f"t{step}", [Text("seen")])])


def test_nothing_said_is_nothing_sent():
    body, warnings = encode(None)
    assert "thinking" not in body
    assert warnings == []


@pytest.mark.parametrize("options", [OLD, NEW])
@pytest.mark.parametrize("off", [Reasoning(enabled=False), Reasoning(effort="none")])
def test_thinking_can_be_switched_off(off, options):
    assert encode(off, options)[0]["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    ("asked", "effort"),
    [("minimal", "low"), ("low", "low"), ("medium", "medium"), ("high", "high"), ("xhigh", "xhigh")],
)
def test_newer_models_are_told_the_effort(asked, effort):
    body, warnings = encode(Reasoning(effort=asked), NEW)
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": effort}
    assert warnings == []


def test_newer_models_think_without_an_effort_too():
    body, _ = encode(Reasoning(adaptive=True, summary="auto"), NEW)
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert "output_config" not in body


@pytest.mark.parametrize(("budget", "effort"), [(1024, "low"), (8000, "medium"), (90000, "xhigh")])
def test_newer_models_are_told_a_budget_as_an_effort(budget, effort):
    body, warnings = encode(Reasoning(budget_tokens=budget), NEW)
    assert body["output_config"] == {"effort": effort}
    assert len(warnings) == 1


def test_an_effort_that_nobody_knows_is_a_warning():
    body, warnings = encode(Reasoning(effort="heroic"), NEW)
    assert body["thinking"] == {"type": "adaptive"}
    assert len(warnings) == 1


@pytest.mark.parametrize("effort", [None, "minimal", "low", "medium", "high", "max"])
@pytest.mark.parametrize("limit", [None, 1, 1024, 5000, 64000])
def test_older_models_get_a_budget_that_is_less_than_max_tokens(effort, limit):
    body, _ = encode(Reasoning(effort=effort), max_tokens=limit)
    assert 1024 <= body["thinking"]["budget_tokens"] < body["max_tokens"]


def test_a_limit_that_leaves_room_for_thinking_is_kept():
    body, warnings = encode(Reasoning(effort="high"), max_tokens=8000)
    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (8000, 6000)
    assert warnings == []


def test_a_limit_that_leaves_none_is_raised_with_a_warning():
    body, warnings = encode(Reasoning(budget_tokens=4000), max_tokens=1000)
    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (5000, 4000)
    assert len(warnings) == 1


@pytest.mark.parametrize("options", [OLD, NEW])
def test_thinking_rules_out_sampling_settings(options):
    body, warnings = encode(Reasoning(effort="low"), options, temperature=0.5, top_p=0.5, top_k=3)
    assert not {"temperature", "top_p", "top_k"} & body.keys()
    assert len(warnings) == 1


def test_settings_that_change_nothing_are_left_out_silently():
    assert encode(Reasoning(effort="low"), temperature=1, top_p=1.0)[1] == []


@pytest.mark.parametrize("choice", [ToolChoice("required"), ToolChoice("tool", "look")])
def test_a_forced_tool_switches_thinking_off_for_the_call(choice):
    body, warnings = encode(Reasoning(effort="low"), tools=[TOOL], tool_choice=choice)
    assert "thinking" not in body
    assert body["tool_choice"]["type"] in ("any", "tool")
    assert len(warnings) == 1


def test_a_choice_that_forces_nothing_leaves_thinking_on():
    assert "thinking" in encode(Reasoning(effort="low"), tools=[TOOL], tool_choice=ToolChoice("auto"))[0]


@pytest.mark.parametrize("thought", [None, UNSIGNED, Thought("hm", "gAAA", "openai")])
@pytest.mark.parametrize("options", [OLD, NEW])
def test_a_tool_loop_without_signed_thinking_goes_on_without_thinking(thought, options):
    body, warnings = encode(Reasoning(effort="low"), options, list(loop(thought)), tools=[TOOL])
    assert "thinking" not in body
    assert any("tool loop" in warning for warning in warnings)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("thought", [SIGNED, Thought("", "data", "anthropic", redacted=True)])
def test_a_tool_loop_that_began_with_signed_thinking_goes_on_thinking(thought, steps):
    body, warnings = encode(Reasoning(effort="low"), OLD, list(loop(thought, steps)), tools=[TOOL])
    assert body["thinking"]["type"] == "enabled"
    assert warnings == []


def test_an_older_loop_does_not_matter_once_the_user_spoke_again():
    messages = [*loop(None), Message("assistant", [Text("done")]), HI]
    assert "thinking" in encode(Reasoning(effort="low"), OLD, messages, tools=[TOOL])[0]


def test_a_text_to_go_on_with_rules_out_thinking():
    body, warnings = encode(Reasoning(effort="low"), OLD, [HI, Message("assistant", [Text("It is")])])
    assert "thinking" not in body
    assert len(warnings) == 1


def test_a_model_without_thinking_is_not_asked_to_think():
    body, warnings = encode(Reasoning(effort="high"), ModelOptions(thinking=False, reasoning_effort=False))
    assert "thinking" not in body
    assert warnings == ["the model has no extended thinking"]


@pytest.mark.parametrize(
    ("options", "sent", "warnings"),
    [
        (ModelOptions(), {"type": "disabled"}, []),
        (ModelOptions(thinking_off=False), None, ["thinking cannot be switched off in this model"]),
        (ModelOptions(thinking=False), None, []),
        (ModelOptions(thinking=False, thinking_off=False), None, []),
    ],
)
def test_thinking_is_switched_off_where_there_is_any_and_it_can_be(options, sent, warnings):
    body, told = encode(Reasoning(enabled=False), options)
    assert (body.get("thinking"), told) == (sent, warnings)


def test_an_effort_that_the_model_does_not_know_becomes_the_nearest_with_a_warning():
    options = ModelOptions(adaptive_thinking=True, efforts=("low", "high"))
    body, warnings = encode(Reasoning(effort="max"), options)
    assert body["output_config"] == {"effort": "high"}
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("asked", "limit", "budget", "sent"),
    [
        (1024, 5000, 1024, 5000),
        (10, 5000, 1024, 5000),
        (4999, 5000, 4999, 5000),
        (5000, 5000, 5000, 10_000),
        (9000, 5000, 9000, 14_000),
    ],
)
def test_a_budget_that_was_asked_for_is_kept_and_max_tokens_is_beyond_it(asked, limit, budget, sent):
    body, warnings = encode(Reasoning(budget_tokens=asked), max_tokens=limit)
    assert (body["thinking"]["budget_tokens"], body["max_tokens"]) == (budget, sent)
    assert len(warnings) == (sent > limit)
