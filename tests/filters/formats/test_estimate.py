import pytest

from filters.formats.canonical.events import Finish, FinishReason, TextDelta, ThinkingDelta, ToolArgs
from filters.formats.estimate import IMAGE_TOKENS, OutputEstimate, estimate_tokens

TEXT = "word " * 400


def said(content):
    return {"model": "a/m", "messages": [{"role": "user", "content": content}]}


def test_it_grows_with_the_text_at_four_bytes_a_token():
    empty, full = estimate_tokens(said("")), estimate_tokens(said(TEXT))
    assert full - empty == 500
    assert 0 < empty < 10


@pytest.mark.parametrize("part", [{"system": TEXT}, {"tools": [{"name": "f", "description": TEXT}]}])
def test_system_prompts_and_tools_count_too(part):
    assert estimate_tokens({**said("hi"), **part}) - estimate_tokens(said("hi")) >= 500


def test_what_the_model_does_not_read_does_not_count():
    assert estimate_tokens({**said("hi"), "metadata": {"user_id": TEXT}}) == estimate_tokens(said("hi"))


def test_an_image_counts_the_same_however_large_its_file_is():
    def image(data):
        source = {"type": "base64", "media_type": "image/png", "data": data}
        return estimate_tokens(said([{"type": "image", "source": source}]))

    assert image("a") == image("a" * 1_000_000)
    assert IMAGE_TOKENS <= image("a") < IMAGE_TOKENS + 20


def test_other_scripts_count_by_their_bytes():
    assert estimate_tokens(said("你" * 400)) - estimate_tokens(said("")) == 300


@pytest.mark.parametrize(
    "body",
    [{}, {"messages": None}, {"messages": [None, 1, True]}, {"tools": [{"type": ["string", "null"]}, {"type": {}}]}],
)
def test_odd_bodies_are_counted_as_they_are(body):
    assert estimate_tokens(body) >= 0


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "a" * 100_000}},
        {"type": "input_image", "image_url": "data:image/png;base64," + "a" * 100_000},
        {"type": "input_file", "file_data": "a" * 100_000},
    ],
)
def test_files_of_openai_count_as_images_too(part):
    assert IMAGE_TOKENS <= estimate_tokens({"input": [{"role": "user", "content": [part]}]}) < IMAGE_TOKENS + 20


def test_what_a_responses_body_says_counts():
    assert estimate_tokens({"input": TEXT, "instructions": TEXT}) == 1000


CHUNK = '{{"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{{"delta": {{"content": "{}"}}}}]}}'


def frame(text):
    return f"data: {CHUNK.format(text)}\n\n".encode()


def test_a_stream_of_single_tokens_counts_its_frames():
    output = OutputEstimate()
    for _ in range(100):
        output.frames(frame("word"))
    output.frames(b": ping\n\n")
    assert output.tokens == 100


def test_a_stream_of_longer_pieces_counts_what_they_hold_beside_their_envelope():
    output = OutputEstimate()
    output.frames(frame(""))
    for _ in range(5):
        output.frames(frame("x" * 80) + frame("x" * 80))
    assert 190 <= output.tokens <= 210


def test_what_events_say_counts_and_nothing_else():
    output = OutputEstimate()
    for event in (TextDelta("x" * 40), ThinkingDelta("x" * 40), ToolArgs(0, "x" * 40), Finish(FinishReason.STOP)):
        output.event(event)
    assert output.tokens == 30
    assert OutputEstimate().tokens == 0
