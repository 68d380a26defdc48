import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pricing.catalogue import parse_catalogue
from gateway.pricing.price import Price
from gateway.pricing.table import SourceError, Table

SONNET = "anthropic/claude-sonnet-4-20250514"


def parse(shape, document, aliases=None):
    return parse_catalogue(shape, orjson.dumps(document), aliases or {})


def cost(given, made):
    return {"cost": {"input": given, "output": made}}


def test_a_list_of_ones_own_gives_both_prices_together():
    document = {
        SONNET: {"input_per_million": 3.0, "output_per_million": 15.0},
        "openai/gpt-4o-mini": {"input_per_million": 0.25, "output_per_million": 0.5},
        "local/llama": {"input_per_million": 0, "output_per_million": 0},
    }
    assert parse("custom", document) == Table({SONNET: 18.0, "openai/gpt-4o-mini": 0.75, "local/llama": 0.0})


def test_models_dev_lists_models_by_provider():
    document = {
        "openai": {"id": "openai", "models": {"gpt-4o": {"id": "gpt-4o", **cost(2.5, 10)}}},
        "openrouter": {"models": {"openai/gpt-4o": cost(3, 12)}},
    }
    assert parse("models.dev", document).values == {"openai/gpt-4o": 12.5, "openrouter/openai/gpt-4o": 15}


def test_models_dev_may_be_flattened():
    assert parse("models.dev", {"openai/gpt-4o": cost(2.5, 10)}).values == {"openai/gpt-4o": 12.5}


def test_a_provider_that_models_dev_calls_something_else_has_its_prefix_here_too():
    document = {"google": {"models": {"g": cost(1, 2)}}, "togetherai": {"models": {"t": cost(2, 3)}}}
    values = parse("models.dev", document).values
    assert (values["gemini/g"], values["google/g"], values["together/t"], values["together_ai/t"]) == (3, 3, 5, 5)


def test_digitalocean_lists_models_by_its_own_names():
    pricing = {"input_price_per_million": 2.5, "output_price_per_million": 10.0}
    document = {"data": [{"model_id": "openai-gpt-4o", "name": "GPT-4o", "pricing": pricing}], "meta": {"pages": 1}}
    table = parse("digitalocean", document, {"openai-gpt-4o": "openai/gpt-4o"})
    assert table.values == {"openai-gpt-4o": 12.5, "digitalocean/openai-gpt-4o": 12.5, "openai/gpt-4o": 12.5}


def test_digitaloceans_prices_by_the_token_are_told_from_those_by_the_million():
    by_token = {"input_price_per_million": 0.0000025, "output_price_per_million": 0.00001}
    table = parse("digitalocean", {"data": [{"model_id": "m", "pricing": by_token}]})
    assert table.values["m"] == pytest.approx(12.5)


@pytest.mark.parametrize("alias", ["anthropic/claude-sonnet-4", "claude-sonnet-4"])
def test_an_alias_may_name_the_lists_provider_or_not(alias):
    document = {
        "resold": {"models": {"claude-sonnet-4": cost(0, 0)}},
        "anthropic": {"models": {"claude-sonnet-4": cost(3, 15)}},
    }
    assert parse("models.dev", document, {alias: SONNET}).values[SONNET] == 18


def test_an_alias_of_a_model_that_its_provider_does_not_list_takes_the_first_of_that_name():
    document = {"one": {"models": {"m": cost(1, 1)}}, "two": {"models": {"m": cost(2, 2)}}}
    assert parse("models.dev", document, {"m": "mine/model"}).values["mine/model"] == 2


def test_an_alias_counts_more_than_the_lists_own_entry():
    document = {"openai/gpt-4o": cost(2.5, 10), "openai/gpt-4o-2024": cost(5, 15)}
    assert parse("models.dev", document, {"gpt-4o-2024": "openai/gpt-4o"}).values["openai/gpt-4o"] == 20


def test_an_alias_that_the_list_does_not_have_gives_nothing():
    assert "b/n" not in parse("models.dev", {"a/m": cost(1, 1)}, {"unknown": "b/n"}).values


GOOD = {"custom": {"input_per_million": 1, "output_per_million": 2}, "models.dev": cost(1, 2)}
BAD = [None, 3, "free", [], {}, {"input_per_million": 1}, {"cost": None}, cost(1, None), cost(-1, 2), cost("1", 2)]


@pytest.mark.parametrize("bad", BAD, ids=map(str, BAD))
@pytest.mark.parametrize("shape", GOOD)
def test_an_entry_without_both_prices_is_skipped_and_counted(shape, bad):
    assert parse(shape, {"a/good": GOOD[shape], "a/bad": bad}) == Table({"a/good": 3}, skipped=1)


def test_a_model_of_models_dev_without_a_price_is_skipped_and_counted():
    document = {"p": {"models": {"good": cost(1, 2), "free of data": {"id": "x"}, "odd": 7}}}
    assert parse("models.dev", document) == Table({"p/good": 3}, skipped=2)


def test_an_odd_entry_of_digitalocean_is_skipped_and_counted():
    good = {"model_id": "m", "pricing": {"input_price_per_million": 1, "output_price_per_million": 2}}
    table = parse("digitalocean", {"data": [good, {"model_id": "n"}, {"pricing": good["pricing"]}, 7, {"model_id": 3}]})
    assert (table.values["m"], table.skipped) == (3, 4)


@pytest.mark.parametrize(
    ("shape", "document", "message"),
    [
        ("custom", b"{", "it is not a JSON object"),
        ("digitalocean", b"", "it is not JSON"),
        ("custom", b"[]", "it is not a JSON object"),
        ("models.dev", b'"x"', "it is not a JSON object"),
        ("models.dev", b"{}", "there is no price in it"),
        ("custom", b'{"a/b": {"input_per_million": 1}}', "there is no price in it"),
        ("digitalocean", b"{}", "it has no list named data"),
        ("digitalocean", b"[]", "it has no list named data"),
        ("digitalocean", b'{"data": []}', "there is no price in it"),
    ],
)
def test_a_list_without_any_price_is_refused(shape, document, message):
    with pytest.raises(SourceError, match=message):
        parse_catalogue(shape, document, {})


SCALARS = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
KEYS = st.sampled_from(
    [
        "data",
        "models",
        "cost",
        "input",
        "output",
        "pricing",
        "model_id",
        "input_per_million",
        "output_per_million",
        "a/b",
    ]
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(document=VALUES, shape=st.sampled_from(["custom", "models.dev", "digitalocean"]))
def test_whatever_json_comes_there_are_finite_prices_or_a_source_error(document, shape):
    try:
        table = parse(shape, document, {"a/b": "c/d"})
    except SourceError:
        return
    assert table.values
    assert all(0 <= price < float("inf") for price in table.values.values())


def test_a_list_of_ones_own_may_price_the_cache():
    entry = {"input_per_million": 3, "output_per_million": 15, "cache_read_per_million": 0.3}
    assert parse("custom", {"a/m": entry}).prices == {"a/m": Price(3, 15, 0.3)}


def test_models_dev_prices_the_cache_and_long_contexts():
    entry = {"input": 1.25, "output": 10, "cache_read": 0.125, "context_over_200k": {"input": 2.5, "output": 15}}
    assert parse("models.dev", {"g/m": {"cost": entry}}).prices == {
        "g/m": Price(1.25, 10, 0.125, tiers=((200_000, Price(2.5, 15)),))
    }


def test_what_the_cache_costs_has_no_say_in_the_ranking():
    entry = {"input_per_million": 3, "output_per_million": 15, "cache_read_per_million": "free"}
    table = parse("custom", {"a/m": entry})
    assert (table.values, table.prices) == ({"a/m": 18}, {"a/m": Price(3, 15)})


@pytest.mark.parametrize(
    ("theirs", "here"),
    [
        ("alibaba", ["alibaba", "qwen"]),
        ("amazon-bedrock", ["amazon-bedrock", "amazon_bedrock"]),
        ("azure", ["azure", "azure_openai"]),
        ("fireworks-ai", ["fireworks-ai", "fireworks"]),
        ("google", ["google", "gemini"]),
        ("lmstudio", ["lmstudio", "lm_studio"]),
        ("openai", ["openai"]),
        ("togetherai", ["togetherai", "together", "together_ai"]),
        ("zhipuai", ["zhipuai", "zhipu"]),
    ],
)
def test_each_provider_of_models_dev_is_found_by_its_name_there_and_here(theirs, here):
    assert parse("models.dev", {theirs: {"models": {"m": cost(1, 2)}}}).values == {f"{name}/m": 3 for name in here}


def do(**pricing):
    return parse("digitalocean", {"data": [{"model_id": "m", "pricing": pricing}]}).prices["m"]


@pytest.mark.parametrize(
    ("given", "made", "price"),
    [
        (0.0005, 0.000499, Price(500.0, 499.0)),  # the dearest that can be meant by the token
        (0.0005, 0.0005, Price(0.0005, 0.0005)),  # the cheapest that can be meant by the million
        (0.02, 0.04, Price(0.02, 0.04)),
        (0, 0, Price(0, 0)),
    ],
)
def test_a_tenth_of_a_cent_for_both_is_where_digitaloceans_million_begins(given, made, price):
    found = do(input_price_per_million=given, output_price_per_million=made)
    assert (found.input, found.output) == pytest.approx((price.input, price.output))


@pytest.mark.parametrize("times", [1, 1_000_000])
def test_digitaloceans_prices_of_the_cache_are_in_the_unit_of_the_others(times):
    price = do(
        input_price_per_million=3.0 / times,
        output_price_per_million=15.0 / times,
        cache_read_price_per_million=0.3 / times,
        cache_write_price_per_million=3.75 / times,
    )
    assert (price.input, price.output, price.cache_read, price.cache_write) == pytest.approx((3.0, 15.0, 0.3, 3.75))


def test_what_is_written_to_the_cache_has_its_price_too():
    entry = {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75}
    assert parse("models.dev", {"a/m": {"cost": entry}}).prices == {"a/m": Price(3, 15, 0.3, 3.75)}


@pytest.mark.parametrize("long", [None, {}, {"input": 2.5}, "dear", {"input": -1, "output": 15}])
def test_a_price_of_long_contexts_that_is_none_leaves_the_other(long):
    entry = {"input": 1.25, "output": 10, "context_over_200k": long}
    assert parse("models.dev", {"g/m": {"cost": entry}}).prices == {"g/m": Price(1.25, 10)}


def test_two_prices_that_are_too_much_together_are_none():
    table = parse("custom", {"a/good": GOOD["custom"], "a/m": dict.fromkeys(GOOD["custom"], 1e308)})
    assert (table.values, table.skipped) == ({"a/good": 3}, 1)


def test_a_list_whose_entries_have_no_names_is_refused():
    pricing = {"input_price_per_million": 1, "output_price_per_million": 2}
    with pytest.raises(SourceError, match="there is no price in it"):
        parse("digitalocean", {"data": [{"pricing": pricing}, {"model_id": None, "pricing": pricing}]})
