import pytest

from filters.formats.estimate import IMAGE_TOKENS, estimate_tokens

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


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": [None, 1, True]}])
def test_odd_bodies_are_counted_as_they_are(body):
    assert estimate_tokens(body) >= 0
