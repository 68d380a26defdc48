from dataclasses import replace

import aiohttp
import pytest

from filters.errors import ConfigError
from filters.routing.cascade import CascadeClassifier
from filters.routing.classifier import Prompt
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.embedded.classifier import BoundEmbedded
from filters.routing.llm.classifier import LlmClassifier
from gateway.runtime.classifiers import Learned, build_classifier, combine
from tests.support.fake_classifier import FakeClassifier, says
from tests.support.gateway import CODE, config_text, load

MODELS = ("openai/gpt",)


def unused():
    raise AssertionError("nobody is asked")


@pytest.fixture
def build(tmp_path):
    def build(routing, session=unused, **provider):
        text = config_text([{"model": "openai/gpt", **provider}], MODELS, routing=routing)
        config = load(tmp_path, text)
        return build_classifier(config, session), config

    return build


@pytest.mark.parametrize(
    ("routing", "kind"),
    [
        ("{}", EmbeddedClassifier),
        ("{classifier: llm, llm: {model: openai/gpt}}", LlmClassifier),
        ("{classifier: cascade, llm: {model: openai/gpt}}", CascadeClassifier),
    ],
)
def test_the_configuration_says_who_decides(build, routing, kind):
    assert isinstance(build(routing)[0], kind)


async def test_the_default_threshold_is_the_configurations(build):
    classifier, config = build("{threshold: 1.0}")
    assert (await classifier.bind(config.routes()).classify(Prompt(CODE))).route is None


@pytest.mark.parametrize(("encoder", "asked"), [("auto", ["fast", "accurate"]), ("fast", ["fast"])])
def test_warming_up_asks_each_encoder_once_and_nobody_else(build, monkeypatch, encoder, asked):
    _, config = build(f"{{classifier: llm, llm: {{model: openai/gpt}}, embedded: {{encoder: {encoder}}}}}")
    names, decide = [], BoundEmbedded.decide
    monkeypatch.setattr(BoundEmbedded, "decide", lambda self, text: names.append(self.model.name) or decide(self, text))
    Learned(config).warm_up()
    assert names == asked


@pytest.mark.parametrize("where", ["own server", "provider"])
async def test_an_llm_is_asked_at_its_own_address_or_its_providers_with_its_key(build, where):
    async with FakeClassifier() as endpoint, aiohttp.ClientSession() as session:
        endpoint.reply = says('{"route": "code_generation"}')
        host = endpoint.base_url.removesuffix("/v1")
        llm = f"{{model: tiny, base_url: '{host}', access_key: k1}}" if where == "own server" else "{model: openai/gpt}"
        provider = {} if where == "own server" else {"base_url": host, "access_key": "k1", "headers": "{x-team: a}"}
        classifier, config = build(f"{{classifier: llm, llm: {llm}}}", lambda: session, **provider)
        verdict = await classifier.bind(config.routes()).classify(Prompt("hello there"))
    assert (verdict.decided_by, verdict.route.name) == ("llm", "code_generation")
    assert endpoint.headers[0]["Authorization"] == "Bearer k1"
    assert endpoint.bodies[0]["model"] == ("tiny" if where == "own server" else "gpt")
    assert endpoint.headers[0].get("x-team") == (None if where == "own server" else "a")


def test_a_model_whose_server_does_not_speak_chat_completions_cannot_classify(build):
    with pytest.raises(ConfigError, match="does not speak"):
        build("{classifier: llm, llm: {model: openai/gpt}}", formats="[openai_responses]")


def test_routes_that_were_learned_to_be_checked_are_not_learned_again(build):
    _, config = build("{threshold: 0.9}")
    learned = Learned(config)
    assert combine(config, unused, learned).bind(config.routes()) is learned.bound
    other = learned.bind([replace(config.routes()[0], name="other")])
    assert [route.name for route in other.routes] == ["other"]
    assert learned.deciding.thresholds == other.deciding.thresholds == (0.9,)
