import pytest

from filters.routing.prompt import prompt_of
from gateway.evaluation.labels import chat_of
from gateway.evaluation.noise import variants, with_last_turn

TEXT = "Write a small program that prints the prime numbers below one hundred"


def test_every_kind_of_noise_is_tried():
    found = list(variants(TEXT, "0"))
    assert [variant.kind for variant in found] == [
        "typos", "case", "case", "politeness", "politeness", "paraphrase", "boilerplate",
    ]  # fmt: skip
    assert all(variant.text != TEXT for variant in found)


def test_a_seed_and_a_prompt_always_give_the_same_variants():
    assert list(variants(TEXT, "0")) == list(variants(TEXT, "0"))
    assert list(variants(TEXT, "0")) != list(variants(TEXT, "1"))


def test_typos_change_a_few_letters():
    typed = next(iter(variants(TEXT, "0"))).text
    changed = [pair for pair in zip(TEXT.split(), typed.split(), strict=True) if len(set(pair)) == 2]
    assert 1 <= len(changed) <= 2
    assert all(abs(len(before) - len(after)) <= 1 for before, after in changed)


@pytest.mark.parametrize("text", ["", " \n", "\t"])
def test_a_blank_prompt_has_no_variants(text):
    assert list(variants(text, "0")) == []


def test_a_prompt_without_words_has_no_typos_and_no_case():
    assert {variant.kind for variant in variants("1 + 1?", "0")} == {"politeness", "paraphrase", "boilerplate"}


def test_boilerplate_is_taken_out_again_as_on_the_way_of_every_request():
    chat = chat_of({"messages": [{"role": "user", "content": TEXT}]}, "openai_chat")
    for seed in "0123456789":
        noised = [text for kind, text in variants(TEXT, seed) if kind == "boilerplate"]
        assert [prompt_of(with_last_turn(chat, text)).text for text in noised] == [TEXT]


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (
            {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "first"},
                    {"role": "assistant", "content": "answer"},
                    {"role": "user", "content": [{"type": "text", "text": "second"}]},
                    {"role": "assistant", "content": "let me look"},
                ]
            },
            "openai_chat",
        ),
        (
            {
                "input": [
                    {"role": "user", "content": "first"},
                    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "answer"}]},
                    {"role": "user", "content": [{"type": "input_text", "text": "second"}]},
                    {"role": "assistant", "content": "let me look"},
                ]
            },
            "openai_responses",
        ),
    ],
)
def test_the_last_user_turn_is_replaced_and_the_conversation_stays(body, wire):
    prompt = prompt_of(with_last_turn(chat_of(body, wire), "SECOND"))
    assert (prompt.text, prompt.previous) == ("SECOND", "first")
    assert [turn.text for turn in prompt.history()] == ["first", "answer", "SECOND", "let me look"]
