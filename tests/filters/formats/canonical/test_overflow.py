import pytest

from filters.formats.canonical.events import Failure
from filters.formats.canonical.overflow import CODE, in_anthropics_words, overflow_of, recognised

SAID = [
    ("prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
    ("input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000, decrease input", 198000, 200000),
    (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.",
        131072,
        128000,
    ),
    (
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages)",
        9000,
        8192,
    ),
    ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 537812, 131072),
    ("The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).", 1196265, 1048576),
    ("Your request exceeded model token limit: 262144 (requested: 291351)", 291351, 262144),
    (
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        40000,
        32768,
    ),
    ("request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it", 9000, 8192),
    ("The input (9000 tokens) is longer than the model's context length (8192 tokens).", 9000, 8192),  # SGLang
    ("The prompt is too long: 140000, model maximum context length: 131071", 140000, 131071),  # Fireworks
    ("`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512", 9000, 8193),  # TGI
    ("too many tokens: size limit exceeded by 100 tokens. Try using shorter or fewer inputs", None, None),  # Cohere
    ("Range of input length should be [1, 129024]", None, 129024),
    ("Your input exceeds the context window of this model. Please adjust your input and try again.", None, None),
    ("Input is too long for requested model.", None, None),
    ("Please reduce the length of the messages or completion.", None, None),
    ("Prompt exceeds max length", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "used", "limit"), SAID)
def test_every_vendor_s_words_are_understood(message, used, limit):
    assert overflow_of(message, None, 400) == (used, limit)
    failure = recognised(Failure(413, message))
    assert (failure.status, failure.code, failure.kind) == (400, CODE, "invalid_request_error")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("max_tokens is too large: 32000. This model supports at most 16384 completion tokens", 400),
        ("Rate limit reached: maximum context length of requests per minute", 429),
        ("You exceeded your current quota", 402),
        ("The context is missing", 400),
        ("Invalid schema", 400),
    ],
)
def test_other_errors_are_left_as_they_are(message, status):
    failure = Failure(status, message)
    assert recognised(failure) is failure


def test_the_code_alone_tells_it_too():
    assert overflow_of("Sorry.", "context_length_exceeded", 400) == (None, None)


@pytest.mark.parametrize(("message", "used", "limit"), SAID)
def test_anthropics_clients_are_told_in_its_words_with_the_numbers_that_are_known(message, used, limit):
    told = in_anthropics_words(recognised(Failure(400, message)))
    assert told.startswith(("prompt is too long", message))
    assert "prompt is too long" in told
    if used and limit:
        assert told.startswith(message) or f"{used} tokens > {limit} maximum" in told


def test_no_text_takes_long_to_be_understood():
    for hostile in ("maximum context length is 1 " * 2000, "1" * 50_000, "context length " * 3000, "exceeds " * 5000):
        overflow_of(hostile, CODE, 400)


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("context_window_exceeded", 400, True),
        ("model_context_window_exceeded", 429, True),
        ("string_above_max_length", 400, True),
        ("rate_limit_exceeded", 400, False),
        (None, 400, False),
    ],
)
def test_each_vendors_code_tells_it_whatever_the_words_and_the_status(code, status, told):
    assert (overflow_of("Sorry.", code, status) is not None) is told


@pytest.mark.parametrize(("status", "told"), [(200, True), (400, True), (413, True), (422, True), (500, True),
                                              (401, False), (429, False), (503, False)])  # fmt: skip
def test_words_alone_tell_it_only_with_a_status_of_such_errors(status, told):
    assert (overflow_of("The prompt is too long.", None, status) is not None) is told


def test_what_is_recognised_keeps_the_words_and_the_field():
    failure = recognised(Failure(500, "Input is too long for requested model.", "api_error", "x", "messages"))
    assert failure == Failure(400, "Input is too long for requested model.", "invalid_request_error", CODE, "messages")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("prompt is too long: 9 tokens > 8 maximum", "prompt is too long: 9 tokens > 8 maximum"),
        ("The prompt is too long.", "The prompt is too long."),
        ("Input is too long.", "prompt is too long: Input is too long."),
        (
            "exceeded model token limit: 8 (requested: 9)",
            "prompt is too long: 9 tokens > 8 maximum (exceeded model token limit: 8 (requested: 9))",
        ),
    ],
)
def test_anthropics_words_come_first_and_the_providers_own_behind_them(message, told):
    assert in_anthropics_words(Failure(400, message, code=CODE)) == told


def test_another_failure_keeps_its_words():
    assert in_anthropics_words(Failure(400, "Input is too long.")) == "Input is too long."


def test_numbers_are_read_however_they_are_grouped_and_none_is_too_long_to_be_read():
    assert overflow_of("prompt is too long: 1,234,567 tokens > 1_000_000", None, 400) == (1_234_567, 1_000_000)
    assert overflow_of(f"prompt is too long: {'1' * 5000} tokens > 3", None, 400) is not None
