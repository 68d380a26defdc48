"""A filter of one's own, with options: one folder and one line of the catalogue."""

import pytest

from devtools.fake_provider.answers import Answer, Text
from devtools.fake_provider.server import FakeProvider
from filters.api import Filter
from filters.catalog import CATALOG, Entry
from filters.errors import ConfigError
from tests.support.gateway import config_text, load, running
from tests.support.mask_emails.config import MaskEmailsConfig
from tests.support.mask_emails.filter import MaskEmailsFilter

CHAIN = "[tracing, format_detection, {mask_emails: {mask: hidden}}, watching, routing]"
PIECES = ("Write to an", "na@exam", "ple.com or bob", "@example.com")
PATHS = {"chat/completions": "openai/gpt", "messages": "anthropic/claude", "responses": "openai/gpt"}
PAIRS = [(path, model) for path in PATHS for model in ("openai/gpt", "anthropic/claude")]


class Watching(Filter):
    """Keeps what its hooks are told."""

    def __init__(self, seen):
        self.seen = seen

    async def __call__(self, request, handler):
        return await handler(request)

    async def on_served(self, request, served):
        self.seen.append(served)

    def on_event(self, request, event):
        self.seen.append(event)

    def on_done(self, request, record):
        self.seen.append(record)


@pytest.fixture
def seen():
    return []


@pytest.fixture(autouse=True)
def catalog(monkeypatch, seen):
    line = {"mask_emails": Entry(MaskEmailsFilter, lambda options, _: MaskEmailsFilter(options), MaskEmailsConfig)}
    mine = {**CATALOG, **line, "watching": Entry(Watching, lambda *_: Watching(seen))}
    for module in ("filters.catalog", "gateway.config.model", "gateway.config.validate"):
        monkeypatch.setattr(f"{module}.CATALOG", mine)


@pytest.fixture
async def provider():
    async with FakeProvider(default=lambda _: Answer((Text(PIECES),))) as served:
        yield served


def config(tmp_path, provider, filters=CHAIN):
    models = ({"model": "openai/gpt"}, {"model": "anthropic/claude"})
    return load(
        tmp_path,
        config_text([{**each, "base_url": provider.url, "access_key": "k"} for each in models], filters=filters),
    )


def asking(path, model, said, *, stream):
    body = {"model": model, "stream": stream, "max_tokens": 50}
    if path == "chat/completions" and stream:
        body["stream_options"] = {"include_usage": True}
    return {**body, "input": said} if path == "responses" else {**body, "messages": [{"role": "user", "content": said}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "model"), PAIRS)
async def test_addresses_are_masked_both_ways(tmp_path, provider, path, model, stream):
    said = "Mail carl@example.com please"
    async with (
        running(config(tmp_path, provider)) as gateway,
        gateway.session.post(f"{gateway.url}/v1/{path}", json=asking(path, model, said, stream=stream)) as answer,
    ):
        text = await answer.text()
    assert answer.status == 200
    assert "example.com" not in text
    assert text.count("hidden") >= 2
    assert b"Mail hidden please" in provider.requests[0].raw
    assert b"@" not in provider.requests[0].raw


@pytest.mark.parametrize("filters", [CHAIN, "[tracing, format_detection, watching, routing]"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "model"), PAIRS)
async def test_hooks_see_every_answer_alike(tmp_path, provider, seen, path, model, stream, filters):
    async with (
        running(config(tmp_path, provider, filters)) as gateway,
        gateway.session.post(f"{gateway.url}/v1/{path}", json=asking(path, model, "hello", stream=stream)) as answer,
    ):
        await answer.read()
    kinds = [type(each).__name__ for each in seen]
    assert kinds[0] == "Served"
    assert kinds[-1] == "RequestRecord"
    assert {"Start", "TextDelta", "Usage", "Finish", "End"} <= set(kinds)
    assert "".join(each.text for each in seen if type(each).__name__ == "TextDelta").startswith("Write to ")
    record = seen[-1]
    assert (record.model, record.status, record.stream) == (model, 200, stream)
    assert record.usage.output_tokens == 7
    assert [(attempt.model, attempt.outcome) for attempt in record.attempts] == [(model, "ok")]
    assert 0 < record.time_to_first_token <= record.duration


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        (
            "[format_detection, {mask_emails: {msk: x}}]",
            r"filters\[1\].mask_emails.msk: unknown key; did you mean",
        ),
        ("[format_detection, {mask_emails: {answers: 3}}]", r"filters\[1\].mask_emails.answers: must be true or false"),
        ("[mask_emails]", r"filters: the filter 'mask_emails' needs what 'format_detection' provides"),
    ],
)
def test_what_is_wrong_with_its_options_is_said_at_its_key(tmp_path, provider, filters, problem):
    with pytest.raises(ConfigError, match=problem):
        config(tmp_path, provider, filters)
