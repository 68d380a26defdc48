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
