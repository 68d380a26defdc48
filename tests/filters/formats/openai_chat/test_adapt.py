import pytest

from filters.formats.canonical.request import ModelOptions
from filters.formats.openai_chat.adapt import adapt

ANY = ModelOptions(max_tokens_field="max_tokens", late_system=True, developer_role=True)
TOOLS = [{"type": "function", "function": {"name": "t"}}]


def options(**more):
    base = {"max_tokens_field": "max_tokens", "late_system": True, "developer_role": True}
    return ModelOptions(**{**base, **more})


def body(**more):
    return {"model": "m", "messages": [{"role": "user", "content": "hi"}], **more}


def changed(given_options, **more):
    given = body(**more)
    adapted = adapt(given, given_options)
    return {name: value for name, value in (given | adapted.replace).items() if name not in adapted.remove}


def test_what_the_model_takes_passes_as_it_is():
    everything = body(
        temperature=0.2, reasoning_effort="high", max_tokens=5, stop=["a"], user="u", logprobs=True, tools=TOOLS, odd=1
    )
    adapted = adapt(everything, ANY)
    assert (adapted.replace, adapted.remove, adapted.warnings) == ({}, set(), [])


@pytest.mark.parametrize(
    ("field", "given", "sent"),
    [
        ("max_tokens", {"max_completion_tokens": 9}, {"max_tokens": 9}),
        ("max_completion_tokens", {"max_tokens": 9}, {"max_completion_tokens": 9}),
        ("max_completion_tokens", {"max_tokens": 9, "max_completion_tokens": 8}, {"max_completion_tokens": 8}),
        ("max_tokens", {"max_tokens": 99}, {"max_tokens": 50}),
        ("max_tokens", {"max_tokens": None}, {"max_tokens": None}),
    ],
)
def test_the_limit_has_the_servers_name_and_the_models_ceiling(field, given, sent):
    made = changed(options(max_tokens_field=field, max_tokens_limit=50), **given)
    assert {name: made[name] for name in made if name.startswith("max_")} == sent


@pytest.mark.parametrize(
    ("known", "asked", "sent"),
    [
        ({"efforts": ("low", "medium", "high")}, "max", "high"),
        ({"efforts": ("none", "high")}, "low", "high"),
        ({"reasoning_effort": False}, "high", None),
        ({"efforts": ("low",)}, "odd", None),
        ({}, "odd", "odd"),
    ],
)
def test_an_effort_becomes_what_the_model_knows(known, asked, sent):
    assert changed(options(**known), reasoning_effort=asked).get("reasoning_effort") == sent


@pytest.mark.parametrize(
    ("rule", "asked", "tools", "sent"),
    [
        ("any", "high", TOOLS, "high"),
        ("absent", "high", TOOLS, None),
        ("absent", "none", TOOLS, "none"),
        ("absent", "high", [], "high"),
        ("none", "high", TOOLS, "none"),
        ("none", None, TOOLS, "none"),
        ("none", "none", TOOLS, "none"),
        ("none", None, [], None),
    ],
)
def test_beside_tools_the_effort_is_what_chat_completions_takes(rule, asked, tools, sent):
    more = ({"reasoning_effort": asked} if asked else {}) | ({"tools": tools} if tools else {})
    assert changed(options(effort_with_tools=rule), **more).get("reasoning_effort") == sent


@pytest.mark.parametrize(
    ("rule", "effort", "kept"),
    [
        ({"sampling": False}, None, False),
        ({"sampling_with_reasoning": False}, "high", False),
        ({"sampling_with_reasoning": False}, "none", True),
        ({"sampling_with_reasoning": False}, None, True),
        ({}, "high", True),
    ],
)
def test_sampling_settings_stay_where_the_model_takes_them(rule, effort, kept):
    more = {"reasoning_effort": effort} if effort else {}
    assert ("temperature" in changed(options(**rule), temperature=0.2, **more)) is kept


def test_fields_that_the_server_refuses_are_left_out_and_told():
    refusing = options(refused=frozenset({"metadata", "logprobs", "seed"}))
    adapted = adapt(body(metadata={"a": "b"}, logprobs=True, top_logprobs=3, temperature=1), refusing)
    assert adapted.remove == {"metadata", "logprobs", "top_logprobs"}
    assert adapted.warnings == [
        "logprobs is left out: the model or its server refuses it",
        "metadata is left out: the model or its server refuses it",
    ]


@pytest.mark.parametrize(
    ("refused", "given"),
    [("logprobs", {"top_logprobs": 3}), ("service_tier", {"store": True}), ("seed", {"seed": None})],
)
def test_what_goes_with_a_refused_field_is_left_out_without_it_too(refused, given):
    adapted = adapt(body(**given), options(refused=frozenset({refused})))
    assert (adapted.remove, adapted.warnings) == (set(given), [])


@pytest.mark.parametrize(
    ("limit", "stop", "sent"),
    [
        (4, list("abcdef"), list("abcd")), (4, "x", "x"), (0, "x", None), (0, ["x"], None),
        (None, list("abcdef"), list("abcdef")),
    ],
)  # fmt: skip
def test_stop_sequences_are_as_many_as_the_server_takes(limit, stop, sent):
    assert changed(options(stop_limit=limit), stop=stop).get("stop") == sent


@pytest.mark.parametrize("field", ["user", "safety_identifier"])
def test_a_long_users_name_is_hashed(field):
    assert len(changed(options(user_limit=64), **{field: "u" * 99})[field]) == 64


LATE = [
    {"role": "system", "content": "A"},
    {"role": "user", "content": "hi"},
    {"role": "developer", "content": [{"type": "text", "text": "B"}]},
]


def test_system_messages_after_the_first_are_joined_to_it():
    sent = changed(options(late_system=False, developer_role=False), messages=LATE)["messages"]
    assert sent == [{"role": "system", "content": "A\n\nB"}, {"role": "user", "content": "hi"}]


def test_a_late_one_becomes_the_first_where_there_is_none():
    sent = changed(options(late_system=False), messages=LATE[1:])["messages"]
    assert sent == [{"role": "developer", "content": "B"}, {"role": "user", "content": "hi"}]


def test_one_system_message_at_the_beginning_stays_as_it_is():
    assert adapt(body(messages=LATE[:2]), options(late_system=False)).replace == {}


def test_a_developer_is_the_system_where_the_server_knows_no_developer():
    sent = changed(options(developer_role=False), messages=[{"role": "developer", "content": "x"}])["messages"]
    assert sent == [{"role": "system", "content": "x"}]


HISTORY = [
    {"role": "user", "content": "hi"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "toolu_01A09q90qw90lq917835lq9", "type": "function", "function": {"name": "t", "arguments": "{}"}},
            {"id": "call_2", "type": "function", "function": {"name": "t", "arguments": "{}"}},
        ],
    },
    {"role": "tool", "tool_call_id": "toolu_01A09q90qw90lq917835lq9", "content": "x"},
    {"role": "tool", "tool_call_id": "call_2", "content": "y"},
]


def test_ids_of_calls_have_the_length_that_the_server_takes_and_still_pair():
    _, call, one, two = changed(options(tool_id_length=9), messages=HISTORY)["messages"]
    idents = [each["id"] for each in call["tool_calls"]]
    assert [len(ident) for ident in idents] == [9, 9]
    assert idents == [one["tool_call_id"], two["tool_call_id"]]


def test_a_turn_of_another_model_gets_the_reasoning_content_that_must_be_there():
    sent = changed(options(reasoning_content_required=True), messages=HISTORY)["messages"]
    made = ", ".join(f"{call['function']['name']} ({call['id']})" for call in HISTORY[1]["tool_calls"])
    assert sent[1]["reasoning_content"] == f"(The thinking before the call of {made} is not known.)"
    own = [HISTORY[0], {**HISTORY[1], "reasoning_content": "thought"}, *HISTORY[2:]]
    assert adapt(body(messages=own), options(reasoning_content_required=True)).replace == {}


def test_a_turn_of_another_model_gets_geminis_word_for_no_signature():
    sent = changed(options(thought_signatures=True), messages=HISTORY)["messages"]
    first, second = sent[1]["tool_calls"]
    assert first["extra_content"]["google"]["thought_signature"] == "skip_thought_signature_validator"
    assert "extra_content" not in second
    signed = [{**HISTORY[1]["tool_calls"][0], "extra_content": {"google": {"thought_signature": "S"}}}]
    own = [HISTORY[0], {**HISTORY[1], "tool_calls": signed}, HISTORY[2]]
    assert adapt(body(messages=own), options(thought_signatures=True)).replace == {}


def test_the_callers_own_body_is_not_changed():
    given = body(messages=HISTORY)
    before = repr(given)
    adapt(given, options(tool_id_length=9, reasoning_content_required=True, thought_signatures=True, late_system=False))
    assert repr(given) == before


@pytest.mark.parametrize("more", [{"tools": []}, {"tool_choice": "auto"}, {"parallel_tool_calls": True, "tools": []}])
def test_what_is_said_of_tools_goes_where_there_are_none(more):
    assert changed(ANY, **more) == body()


@pytest.mark.parametrize(
    ("stored", "more", "sent"),
    [
        (True, {"metadata": {"a": "b"}}, {}),
        (True, {"metadata": {"a": "b"}, "store": True}, {"metadata": {"a": "b"}, "store": True}),
        (False, {"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
    ],
)
def test_metadata_goes_with_stored_answers_where_the_server_wants_it_so(stored, more, sent):
    assert changed(options(stored_metadata=stored), **more) == body(**sent)


def test_a_cache_key_that_is_too_long_is_hashed():
    sent = changed(options(user_limit=64), prompt_cache_key="k" * 80)["prompt_cache_key"]
    assert len(sent) == 64
    assert sent == changed(options(user_limit=64), prompt_cache_key="k" * 80)["prompt_cache_key"]


def test_names_ids_and_schemas_are_brought_to_what_the_model_takes():
    name, combined = "files.search", {"anyOf": [{"type": "object", "properties": {"a": {}}}]}
    call = {"id": "x" * 50, "type": "function", "function": {"name": name, "arguments": "{}"}}
    given = body(
        tools=[{"type": "function", "function": {"name": name, "parameters": combined}}],
        messages=[
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "x" * 50, "content": "ok"},
        ],
    )
    adapted = adapt(given, options(root_combinators=False))
    function, (asked, answered) = adapted.get("tools")[0]["function"], adapted.get("messages")
    assert function["name"] == asked["tool_calls"][0]["function"]["name"] == "files_search"
    assert adapted.tool_names == {"files_search": name}
    assert function["parameters"]["type"] == "object"
    assert "anyOf" not in function["parameters"]
    assert len(asked["tool_calls"][0]["id"]) <= 40
    assert asked["tool_calls"][0]["id"] == answered["tool_call_id"]


SAID = {"role": "assistant", "content": "hi", "reasoning_content": "a", "reasoning": "b", "reasoning_details": [{}],
        "annotations": [], "audio": None, "refusal": "no"}  # fmt: skip
ELSEWHERE = frozenset({"annotations"})


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ({}, {"annotations", "audio", "refusal"}),
        ({"refused": ELSEWHERE}, {"refusal"}),
        ({"refused": ELSEWHERE, "reasoning_content": True}, {"refusal", "reasoning_content", "reasoning"}),
        ({"refused": ELSEWHERE, "reasoning_content_required": True}, {"refusal", "reasoning_content", "reasoning"}),
        ({"refused": ELSEWHERE, "reasoning_details": True}, {"refusal", "reasoning_details"}),
    ],
)
def test_what_an_answer_had_beside_its_text_comes_back_only_where_the_server_takes_it(taken, left):
    given = body(messages=[{"role": "user", "content": "hi"}, SAID])
    sent = adapt(given, options(**taken)).replace["messages"]
    assert sent[0] is given["messages"][0]
    assert set(sent[1]) == {"role", "content"} | left


def test_what_an_answer_had_stays_where_all_of_it_is_taken():
    given = body(messages=[SAID])
    assert adapt(given, options(reasoning_content=True, reasoning_details=True)).replace == {}
