import pytest
from pydantic import ValidationError

from filters.counters import (
    CountersConfig,
    last_minute,
    minute_keys,
    seconds_until,
    uncounted,
)
from filters.errors import DownstreamError


def test_a_minute_has_a_key_and_the_one_before_another():
    assert minute_keys("t", 125.0) == ("t:2", "t:1")


@pytest.mark.parametrize(("now", "used"), [(120.0, 110), (150.0, 60), (179.99, 10.02)])
def test_of_the_minute_before_the_part_counts_that_lies_within_sixty_seconds(now, used):
    assert last_minute(10, 100, now) == pytest.approx(used, abs=0.01)


@pytest.mark.parametrize(("this", "before"), [(0, 150), (50, 100), (90, 100), (100, 0), (500, 700), (99, 2)])
@pytest.mark.parametrize("now", [120.0, 140.0, 179.0])
def test_after_the_wait_there_is_room_again_and_not_before(this, before, now):
    wait = seconds_until(100, this, before, now)
    assert wait >= 0.0
    assert used_at(now + wait + 0.01, this, before, now) < 100
    if wait > 0.1:
        assert used_at(now + wait - 0.1, this, before, now) >= 100


def used_at(later, this, before, now):
    minutes = int(later // 60) - int(now // 60)
    this, before = ((this, before), (0, this), (0, 0))[minutes]
    return last_minute(this, before, later)


def test_a_store_that_is_away_lets_through_and_says_so():
    headers = {}
    uncounted("requests", headers, "allow")
    uncounted("budget", headers, "allow")
    assert headers == {"x-pointsman-uncounted": "requests, budget"}


def test_or_it_refuses():
    with pytest.raises(DownstreamError) as caught:
        uncounted("budget", {}, "deny")
    assert caught.value.message == "The gateway cannot look at the budget of this key now; try again."
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "1")


def test_redis_needs_a_url():
    with pytest.raises(ValidationError, match="needs a url"):
        CountersConfig(type="redis")
    assert CountersConfig(type="redis", url="redis://x").on_store_failure == "allow"


@pytest.mark.parametrize(
    ("this", "before", "now", "wait"),
    [
        (0, 0, 120.0, 0.0),
        (99, 0, 120.0, 0.0),
        (50, 100, 150.0, 0.0),  # 100 this far, and the first moment takes some away
        (50, 100, 135.0, 15.0),  # at 150 half of the minute before counts
        (0, 200, 120.0, 30.0),
        (100, 0, 120.0, 60.0),  # the next minute begins, and counts all of this one
        (200, 0, 120.0, 90.0),  # in the middle of the next minute half of this one counts
        (200, 900, 150.0, 60.0),
    ],
)
def test_the_wait_is_until_the_last_sixty_seconds_hold_less_than_the_limit(this, before, now, wait):
    assert seconds_until(100, this, before, now) == pytest.approx(wait)


@pytest.mark.parametrize(("now", "this"), [(0.0, 0), (59.9, 0), (60.0, 1), (3600.0, 60), (7200.5, 120)])
def test_a_minute_is_counted_from_the_epoch(now, this):
    assert minute_keys("t", now) == (f"t:{this}", f"t:{this - 1}")
