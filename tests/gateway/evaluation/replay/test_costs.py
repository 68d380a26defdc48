import pytest

from filters.formats.canonical.events import Usage
from gateway.evaluation.replay.batches import of_log
from gateway.evaluation.replay.costs import Difference, add_costs
from gateway.pricing.price import Price
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import entries, record

PRICES = {"p/cheap": Price(1, 1), "p/dear": Price(10, 10)}


@pytest.fixture
def difference(tmp_path):
    """Return what it makes of these records that all go to a model."""

    def difference(model, *records):
        file = SqliteLog(tmp_path / "a.db", 1e9, 100_000_000)
        file.append(entries(records))
        file.close()
        found = Difference()
        with Log(tmp_path) as log:
            (batch,) = of_log(log, 0.0)
            add_costs(found, batch, [(at, model) for at in range(len(batch))], PRICES.get)
        return found

    return difference


def test_the_same_tokens_are_priced_at_the_other_model(difference):
    found = difference("p/cheap", record(cost=0.5, usage=Usage(500_000, 500_000)), record(cost=0.25))
    assert (found.before, found.requests, found.unknown) == (0.75, 2, 0)
    assert found.after == pytest.approx(1.0 + 0.0011)


@pytest.mark.parametrize(("model", "cost"), [("p/unknown", 0.5), (None, 0.5), ("p/cheap", None)])
def test_what_is_not_known_on_one_side_is_counted_and_not_added(difference, model, cost):
    found = difference(model, record(cost=cost))
    assert (found.before, found.after, found.requests, found.unknown) == (0, 0, 1, 1)


def test_a_decision_that_no_request_followed_has_no_cost(difference):
    assert difference("p/cheap", record(usage=None, cost=None)) == Difference()


def test_differences_add_up():
    assert Difference(1.0, 2.0, 3, 4).plus(Difference(0.5, 0.25, 1, 1)) == Difference(1.5, 2.25, 4, 5)
