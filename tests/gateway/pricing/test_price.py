import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import Usage
from gateway.pricing.price import Price

SONNET = Price(3, 15, 0.3, 3.75)
MILLION = 1_000_000
TOKENS = st.integers(0, 10 * MILLION)


def test_tokens_cost_what_a_million_of_them_does_by_the_million():
    assert SONNET.cost(Usage(MILLION, MILLION)) == 18
    assert SONNET.cost(Usage(100, 10)) == pytest.approx(0.00045)


def test_what_is_read_from_a_cache_or_written_to_it_is_part_of_the_input_and_has_its_own_price():
    assert SONNET.cost(Usage(MILLION, 0, cache_read=MILLION)) == 0.3
    assert SONNET.cost(Usage(MILLION, 0, cache_write=MILLION)) == 3.75
    usage = Usage(1000, 100, cache_read=600, cache_write=300)
    assert SONNET.cost(usage) == pytest.approx((100 * 3 + 600 * 0.3 + 300 * 3.75 + 100 * 15) / MILLION)


def test_a_cache_without_a_price_costs_what_input_does():
    assert Price(2, 8).cost(Usage(MILLION, 0, cache_read=500_000, cache_write=500_000)) == 2


def test_thinking_is_part_of_the_output():
    assert Price(0, 10).cost(Usage(5, 100, reasoning=90)) == Price(0, 10).cost(Usage(5, 100))


@pytest.mark.parametrize("usage", [Usage(), Usage(output_tokens=3), Usage(input_tokens=3)])
def test_tokens_that_are_not_known_have_no_cost_and_not_none_to_pay(usage):
    assert SONNET.cost(usage) is None


def test_embeddings_have_no_output_to_be_counted():
    assert Price(0.02, 0).cost(Usage(MILLION)) == 0.02
    assert Price(0.02, 5).cost(Usage(MILLION, 0)) == 0.02


def test_a_free_model_costs_nothing_which_is_known():
    assert Price(0, 0).cost(Usage(7, 7)) == 0


def test_a_long_context_has_another_price_for_all_its_tokens():
    gemini = Price(1.25, 10, tiers=((200_000, Price(2.5, 15)),))
    assert gemini.cost(Usage(200_000, 0)) == 0.25
    assert gemini.cost(Usage(200_001, MILLION)) == pytest.approx(15.5000025)


def test_of_several_tiers_the_highest_that_is_reached_counts():
    price = Price(1, 1, tiers=((10, Price(2, 2)), (20, Price(3, 3))))
    assert [price.at(tokens).input for tokens in (10, 11, 20, 21)] == [1, 2, 2, 3]


def test_models_are_ranked_by_both_prices_together():
    assert SONNET.total == 18


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_a_report_that_contradicts_itself_never_costs_more_than_all_input_at_the_highest_price(
    given_, made, read, wrote
):
    cost = SONNET.cost(Usage(given_, made, read, wrote))
    assert 0 <= cost <= (given_ * 3.75 + made * 15) / MILLION + 1e-9


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(100, 0, cache_read=80, cache_write=80), 80 * 0.3 + 20 * 3.75),
        (Usage(100, 0, cache_read=200, cache_write=5), 100 * 0.3),
        (Usage(100, 0, cache_write=200), 100 * 3.75),
        (Usage(0, 10, cache_read=5, cache_write=5), 10 * 15),
    ],
)
def test_no_more_is_read_from_and_written_to_a_cache_than_there_is_input(usage, dollars):
    assert SONNET.cost(usage) == pytest.approx(dollars / MILLION)


def test_a_cost_keeps_what_the_cheapest_token_costs():
    assert Price(0.001, 0).cost(Usage(1, 0)) == 0.000000001
