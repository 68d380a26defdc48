import pytest

from filters.formats.canonical.request import ModelOptions
from filters.formats.openai_responses.adapt import adapt

PLAIN = ModelOptions(reasoning_effort=False)


def body(**more):
    return {"model": "m", "input": "hi", **more}


def changed(options, **more):
    given = body(**more)
    adapted = adapt(given, options)
    return {name: value for name, value in (given | adapted.replace).items() if name not in adapted.remove}


def test_what_the_model_takes_passes_as_it_is():
    everything = body(
        temperature=0.2, reasoning={"effort": "high"}, max_output_tokens=5, text={"verbosity": "low"}, odd=1
    )
    adapted = adapt(everything, ModelOptions())
    assert (adapted.replace, adapted.remove, adapted.warnings) == ({}, set(), [])


@pytest.mark.parametrize(
    ("known", "asked", "sent"),
    [(("low", "high"), "max", "high"), (("none", "low"), "none", "none"), (("low",), "odd", None), ((), "odd", "odd")],
)
def test_an_effort_becomes_what_the_model_knows_and_the_rest_stays(known, asked, sent):
    reasoning = {"effort": asked, "summary": "auto"}
    made = changed(ModelOptions(efforts=known), reasoning=reasoning)["reasoning"]
    assert made == {"summary": "auto"} | ({"effort": sent} if sent else {})


def test_a_model_that_does_not_reason_gets_nothing_of_it():
    items = [{"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "hi"}]
    given = body(reasoning={"effort": "low"}, include=["reasoning.encrypted_content", "x"], input=items)
    adapted = adapt(given, PLAIN)
    assert adapted.remove == {"reasoning"}
    assert adapted.replace == {"include": ["x"], "input": items[1:]}
    assert adapted.warnings == [
        "reasoning is left out: the model does not take it",
        "earlier reasoning is left out: the model does not take it",
    ]


@pytest.mark.parametrize(
    ("options", "effort", "kept"),
    [
        (ModelOptions(sampling=False), None, False),
        (ModelOptions(sampling_with_reasoning=False), "high", False),
        (ModelOptions(sampling_with_reasoning=False), "none", True),
        (ModelOptions(sampling_with_reasoning=False), None, True),
    ],
)
def test_sampling_settings_stay_where_the_model_takes_them(options, effort, kept):
    more = {"reasoning": {"effort": effort}} if effort else {}
    assert ("top_p" in changed(options, top_p=0.2, **more)) is kept


def test_the_limit_is_the_ceiling_at_most():
    assert changed(ModelOptions(max_tokens_limit=10), max_output_tokens=99)["max_output_tokens"] == 10


def test_fields_that_the_model_refuses_are_left_out_and_told():
    refusing = ModelOptions(refused=frozenset({"metadata", "logprobs", "verbosity"}))
    given = body(metadata={"a": "b"}, top_logprobs=2, text={"verbosity": "low", "format": {"type": "text"}})
    adapted = adapt(given, refusing)
    assert adapted.remove == {"metadata", "top_logprobs"}
    assert adapted.replace == {"text": {"format": {"type": "text"}}}
    assert len(adapted.warnings) == 3


def test_a_long_users_name_is_hashed():
    assert len(changed(ModelOptions(user_limit=64), user="u" * 80)["user"]) == 64


OF_CODEX = {"client_metadata": {"turn_id": "t"}}
ITEMS = [{"role": "user", "content": "hi", "internal_chat_message_metadata_passthrough": {"turn_id": "t"}}, "odd"]


def test_what_codex_tells_openai_of_itself_is_told_to_no_other_server():
    adapted = adapt(body(**OF_CODEX, input=ITEMS), ModelOptions(refused=frozenset({"client_metadata"})))
    assert adapted.remove == {"client_metadata"}
    assert adapted.replace == {"input": [{"role": "user", "content": "hi"}, "odd"]}
    assert adapted.warnings == []


def test_openai_is_told_what_codex_says_of_itself():
    adapted = adapt(body(**OF_CODEX, input=ITEMS), ModelOptions())
    assert (adapted.replace, adapted.remove) == ({}, set())


MADE_ELSEWHERE = [
    {"type": "message", "role": "user", "id": "mine", "content": "hi"},
    {"type": "message", "role": "assistant", "id": "m", "content": []},
    {"role": "assistant", "id": "msg_1", "content": "x"},
    {"type": "function_call", "id": "toolu_1", "call_id": "c", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "id": "any", "call_id": "c", "output": "1"},
]


def test_ids_of_items_that_openai_did_not_give_are_left_out():
    sent = changed(ModelOptions(), input=MADE_ELSEWHERE)["input"]
    assert [item.get("id") for item in sent] == ["mine", None, "msg_1", None, "any"]
    assert "input" not in adapt(body(input=MADE_ELSEWHERE), ModelOptions(any_calls=True)).replace


@pytest.mark.parametrize("field", ["user", "safety_identifier", "prompt_cache_key"])
def test_what_names_a_user_or_a_cache_is_hashed_where_it_is_too_long(field):
    assert len(changed(ModelOptions(user_limit=64), **{field: "u" * 70})[field]) == 64
