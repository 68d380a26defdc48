from filters.formats.canonical.events import Usage
from gateway.pricing.costs import Costs, costs_of
from gateway.pricing.price import Price
from tests.support.gateway import load

MILLION = Usage(1_000_000, 1_000_000)


class Listed:
    """A price list that counts how often it is asked."""

    def __init__(self, **prices):
        self.asked = []
        self._prices = {name.replace("_", "/"): price for name, price in prices.items()}

    def __call__(self, model):
        self.asked.append(model)
        return self._prices.get(model)


def test_a_request_is_priced_by_what_is_published_and_compared_with_the_baseline():
    costs = Costs("p/dear", Listed(p_cheap=Price(1, 2), p_dear=Price(10, 20)))
    assert costs.of("p/cheap", MILLION) == (3, 30)


def test_a_price_nobody_knows_is_unknown_and_not_zero():
    costs = Costs("p/dear", Listed(p_dear=Price(10, 20)))
    assert costs.of("p/unknown", MILLION) == (None, 30)
    assert Costs("p/unknown", Listed(p_a=Price(1, 1))).of("p/a", MILLION) == (2, None)


def test_without_a_baseline_there_is_nothing_to_compare_with():
    assert Costs(None, Listed(p_a=Price(1, 1))).of("p/a", MILLION) == (2, None)


def test_tokens_that_nobody_told_have_no_cost():
    assert Costs("p/a", Listed(p_a=Price(1, 1))).of("p/a", Usage()) == (None, None)


def test_the_operators_list_stands_above_what_is_published():
    costs = Costs(None, Listed(p_a=Price(1, 1)))
    costs.update(0, {"p/a": Price(5, 5)})
    assert costs.of("p/a", MILLION) == (10, None)


def test_of_two_lists_the_later_one_counts_whichever_was_read_first():
    costs = Costs(None, Listed())
    costs.update(1, {"p/a": Price(2, 2)})
    costs.update(0, {"p/a": Price(1, 1), "p/b": Price(1, 1)})
    assert (costs.price("p/a"), costs.price("p/b")) == (Price(2, 2), Price(1, 1))


def test_a_list_that_no_longer_has_a_model_leaves_it_to_what_is_published():
    costs = Costs(None, Listed(p_a=Price(1, 1)))
    costs.update(0, {"p/a": Price(5, 5)})
    costs.update(0, {})
    assert costs.price("p/a") == Price(1, 1)


def test_models_can_be_looked_up_before_they_are_priced():
    listed = Listed(p_a=Price(1, 1))
    costs = Costs("p/a", listed)
    costs.look_up(["p/a", "p/b"])
    assert listed.asked == ["p/a", "p/b"]
    assert costs.of("p/a", MILLION) == (2, 2)
    assert listed.asked == ["p/a", "p/b"]


def test_a_model_is_looked_up_once_whether_it_has_a_price_or_not():
    listed = Listed(p_a=Price(1, 1))
    costs = Costs(None, listed)
    for _ in range(3):
        costs.of("p/a", MILLION)
        costs.of("p/b", MILLION)
    assert listed.asked == ["p/a", "p/b"]


def test_names_that_callers_make_up_do_not_fill_the_memory():
    listed = Listed()
    costs = Costs(None, listed)
    for number in range(1100):
        costs.price(f"p/{number}")
    asked = len(listed.asked)
    costs.price("p/1099")
    assert len(listed.asked) == asked
    costs.price("p/0")
    assert len(listed.asked) == asked + 1


def test_what_the_operator_says_of_a_model_stands_above_every_list():
    costs = Costs(None, Listed(p_a=Price(1, 1), q_a=Price(2, 2)), {"p/a": Price(5, 5), "q/*": Price(0, 0)})
    costs.update(0, {"p/a": Price(3, 3)})
    assert costs.of("p/a", MILLION) == (10, None)
    assert costs.of("q/a", MILLION) == (0, None)
    assert [costs.is_known(model) for model in ("p/a", "q/a", "r/a")] == [True, True, False]


def test_prices_are_read_from_the_configuration(tmp_path):
    text = """
    model_providers:
      - model: own/m
        base_url: http://127.0.0.1:9
        access_key: k
        price: {input: 1, output: 2.5, cache_read: 0.5}
      - model: own/other
        base_url: http://127.0.0.1:9
        access_key: k
    """
    costs = costs_of(load(tmp_path, text))
    assert costs.price("own/m") == Price(1, 2.5, 0.5)
    assert not costs.is_known("own/other")
