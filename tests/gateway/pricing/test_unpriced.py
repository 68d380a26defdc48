import pytest

from gateway.pricing.costs import Costs
from gateway.pricing.price import Price
from gateway.pricing.unpriced import unpriced_budgets
from tests.support.config_files import load

PROVIDERS = """
model_providers:
  - {model: lab/known, base_url: http://h}
  - {model: lab/odd, base_url: http://h, name: strange}
  - {model: lab/other, base_url: http://h}
  - {model: wide/*, base_url: http://h}
model_aliases: {again: {target: lab/odd}}
routing_preferences:
  - {name: code, description: writing code, models: [again, lab/known]}
  - {name: verse, description: writing poems, models: [wide/verse]}
"""
COSTS = Costs(None, {"lab/known": Price(1, 1)}.get)


def found(folder, key, more=""):
    keys = f"api_keys: [{{name: ann, hash: sha256:{64 * '0'}, {key}}}]\n"
    return list(unpriced_budgets(load(folder, PROVIDERS + keys + more).config, COSTS))


def test_a_caller_with_money_is_told_each_model_once_and_what_helps(tmp_path):
    [(path, message)] = found(tmp_path, "budgets: [{per: day, tokens: 5}, {per: month, usd: 5}]")
    assert path == ("api_keys", 0, "budgets", 1, "usd")
    assert message == (
        "nobody knows the price of lab/odd, lab/other, wide/verse, so ann's requests for it get 403; put `price` "
        "beside its base_url in model_providers, or `unpriced: allow` into this budget"
    )


@pytest.mark.parametrize(
    ("key", "models"),
    [
        ("models: [strange]", "lab/odd,"),
        ("models: [lab/known]", None),
        ("routes: [code]", "lab/odd,"),
        ("routes: [verse]", "wide/verse,"),
        ("models: ['wide/*']", "wide/verse,"),
        ("models: [lab/other], routes: [code]", "lab/odd, lab/other,"),
    ],
)
def test_only_what_the_caller_may_use_counts(tmp_path, key, models):
    told = [
        message.partition("price of ")[2] for _, message in found(tmp_path, f"{key}, budgets: [{{per: day, usd: 1}}]")
    ]
    assert [one.partition(" so")[0] for one in told] == ([models] if models else [])


@pytest.mark.parametrize("budgets", ["[]", "[{per: day, tokens: 9}]", "[{per: day, usd: 1, unpriced: allow}]"])
def test_who_needs_no_prices_is_not_warned(tmp_path, budgets):
    assert found(tmp_path, f"budgets: {budgets}") == []


def test_a_price_list_that_is_not_read_yet_may_know_it(tmp_path):
    more = "model_metrics_sources: [{type: cost, provider: custom, url: prices.json}]\n"
    assert found(tmp_path, "budgets: [{per: day, usd: 1}]", more) == []


def test_prices_of_the_configuration_and_published_ones_are_known(tmp_path):
    text = f"""
        model_providers:
          - {{model: lab/own, base_url: http://h, price: {{input: 1, output: 2}}}}
          - {{model: openai/gpt-4o}}
          - {{model: lab/odd, base_url: http://h}}
        api_keys: [{{name: ann, hash: sha256:{64 * "0"}, budgets: [{{per: day, usd: 1}}]}}]
    """
    [(_, message)] = unpriced_budgets(load(tmp_path, text).config)
    assert message.startswith("nobody knows the price of lab/odd, so")
