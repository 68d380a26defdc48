import subprocess
import sys

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices import calc_price

from filters.formats.canonical.events import Usage
from gateway.pricing.price import Price
from gateway.pricing.published import published_price


@pytest.mark.parametrize(
    ("model", "provider", "name"),
    [
        ("anthropic/claude-sonnet-4-20250514", "anthropic", "claude-sonnet-4-20250514"),
        ("openai/gpt-4o-mini", "openai", "gpt-4o-mini"),
        ("gemini/gemini-2.5-pro", "google", "gemini-2.5-pro"),
        ("azure_openai/gpt-4o", "azure", "gpt-4o"),
        ("xai/grok-3", "x-ai", "grok-3"),
        ("zhipu/glm-4-plus", "zhipuai", "glm-4-plus"),
    ],
)
@pytest.mark.parametrize("tokens", [(1000, 200, 0), (1000, 200, 400), (250_000, 9000, 100_000)])
def test_a_request_costs_what_the_package_says(model, provider, name, tokens):
    given, made, read = tokens
    listed = calc_price(
        ListedUsage(input_tokens=given, output_tokens=made, cache_read_tokens=read), name, provider_id=provider
    )
    cost = published_price(model).cost(Usage(given, made, cache_read=read))
    assert cost == pytest.approx(float(listed.total_price))


def test_what_is_written_to_a_cache_has_its_price():
    assert published_price("anthropic/claude-sonnet-4-20250514") == Price(3.0, 15.0, 0.3, 3.75)


def test_a_long_context_has_its_price():
    tiers = published_price("gemini/gemini-2.5-pro").tiers
    assert [(above, price.input, price.output) for above, price in tiers] == [(200_000, 2.5, 15.0)]


def test_embeddings_cost_input_alone():
    assert published_price("openai/text-embedding-3-small").output == 0


@pytest.mark.parametrize("model", ["vllm/llama", "openai/no-such-model", "nobody/gpt-4o", "bare", ""])
def test_what_is_not_listed_has_no_price(model):
    assert published_price(model) is None


def test_a_model_that_is_not_priced_by_the_token_has_no_price():
    assert published_price("openai/whisper-1") is None


def test_the_list_is_imported_when_a_price_is_asked_for_and_not_before():
    code = "import sys, gateway.pricing.published; print('genai_prices' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
