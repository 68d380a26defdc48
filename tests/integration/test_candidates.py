"""A candidate that cannot be called, or cannot carry the request, is passed over, and the answer says so."""

import orjson
import pytest

from tests.support.gateway import CODE, config_text, load, running
from tests.support.strict_models import CHAT_ANSWER
from tests.support.upstream import says, upstream

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
SAID = [{"role": "user", "content": CODE}]


def seeing(text):
    return [{"role": "user", "content": [{"type": "text", "text": text}, IMAGE]}]


@pytest.fixture
async def serving(tmp_path):
    """Serve a route whose candidates are these entries, in order; `asked` lists the models that were called."""
    async with upstream(says(orjson.dumps(CHAT_ANSWER))) as provider:

        async def ask(entries, body):
            models = [entry["model"] for entry in entries]
            own = [{"base_url": provider.url, "access_key": "k", **entry} for entry in entries]
            async with running(load(tmp_path, config_text(own, models))) as gateway:
                status, headers, answer = await gateway.post("/v1/chat/completions", {"model": "auto", **body})
            return status, headers, answer, [orjson.loads(came.body)["model"] for came in provider.requests]

        yield ask


@pytest.mark.parametrize(
    ("first", "body", "why"),
    [
        (
            {"model": "openai/gpt-4o", "access_key": "$UNSET_KEY"},
            {"messages": SAID},
            "the environment variable UNSET_KEY",
        ),
        ({"model": "groq/gpt-oss-120b"}, {"messages": seeing(CODE)}, "groq/gpt-oss-120b takes no image input"),
        ({"model": "deepseek/deepseek-v4-pro"}, {"messages": seeing(CODE)}, "takes no image input"),
        ({"model": "anthropic/claude-opus-5"}, {"messages": SAID, "n": 2}, "`n` cannot be carried"),
        (
            {"model": "lab/small", "options": "{context_window: 100}"},
            {"messages": [{"role": "system", "content": "word " * 400}, *SAID]},
            "prompt is too long",
        ),
        (
            {"model": "lab/deaf", "options": "{input_modalities: [text]}"},
            {"messages": seeing(CODE)},
            "lab/deaf takes no image input",
        ),
    ],
)
async def test_the_next_candidate_serves_and_the_answer_says_why(serving, first, body, why):
    status, headers, _, asked = await serving([first, {"model": "lab/able"}], body)
    assert (status, asked) == (200, ["able"])
    assert headers["x-pointsman-model"] == "lab/able"
    assert f"{first['model']} was passed over" in headers["x-pointsman-warnings"]
    assert why in headers["x-pointsman-warnings"]


async def test_where_none_is_left_the_refusal_has_every_reason(serving):
    entries = [
        {"model": "groq/gpt-oss-120b"},
        {"model": "openai/gpt-4o", "access_key": "$UNSET_KEY"},
    ]
    status, _, answer, asked = await serving(entries, {"messages": seeing(CODE)})
    assert asked == []
    assert 400 <= status < 500
    assert "takes no image input" in answer["error"]["message"]
    assert "UNSET_KEY" in answer["error"]["message"]


async def test_what_a_model_is_not_known_to_lack_is_not_held_against_it(serving):
    status, headers, _, asked = await serving([{"model": "lab/unknown"}], {"messages": seeing(CODE)})
    assert (status, asked) == (200, ["unknown"])
    assert "x-pointsman-warnings" not in headers
