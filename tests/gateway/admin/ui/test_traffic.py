import pytest

from filters.context import Decision
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.admin.ui.history import History
from gateway.admin.ui.records import as_json
from gateway.admin.ui.traffic import SPANS, logged, quantiles, remembered, traffic_routes
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.telemetry.live import LiveFeed
from tests.support.admin import ports, served
from tests.support.logged import HOUR, entries, record


def request(at=0.0, route=None, **more):
    decision = Decision(route, ("x/y",) if route else (), more.pop("by", "embedded"), pinned=more.pop("pinned", False))
    plain = {"method": "POST", "path": "/", "status": 200, "duration": 0.5, "decision": decision}
    return as_json(RequestRecord(at=at, **plain | more))


def test_nothing_adds_up_to_nothing():
    found = remembered([])
    assert (found["source"], found["totals"]["requests"], found["duration"]) == ("memory", 0, None)
    assert [each["requests"] for each in found["steps"]] == [0]
    assert found["names"]["route"] == {"rows": [], "more": 0}


def test_savings_are_over_what_has_a_known_price_on_both_sides():
    ok = (Attempt("x/y", "ok", 200, 0.1),)
    used = Usage(input_tokens=2, output_tokens=5)
    totals = remembered(
        [
            request(cost=1.0, baseline_cost=3.0, attempts=ok, usage=used),
            request(cost=0.5, attempts=ok, usage=used),
            request(attempts=ok, usage=used),
            request(),
        ]
    )["totals"]
    assert (totals["cost"], totals["baseline"], totals["saved"], totals["unknown"]) == (1.5, 3.0, 2.0, 1)
    assert (totals["input_tokens"], totals["output_tokens"]) == (6, 15)
    assert totals["saved_share"] == pytest.approx(2 / 3)


def test_requests_add_up_by_route_model_and_caller_the_most_used_first():
    found = remembered([request(route="a", model="m", caller="c"), request(route="a"), request(status=500)])["names"]
    assert [(row["name"], row["requests"]) for row in found["route"]["rows"]] == [("a", 2), ("", 1)]
    assert [(row["name"], row["requests"]) for row in found["model"]["rows"]] == [("", 2), ("m", 1)]
    assert [row["errors"] for row in found["caller"]["rows"]] == [1, 0]


def test_names_are_limited_in_number_and_it_is_said_how_many_are_left_out():
    found = remembered([request(model=f"m/{number}") for number in range(60)])["names"]["model"]
    assert (len(found["rows"]), found["more"]) == (50, 10)


def test_who_decided_is_counted():
    made = [
        request(),
        request(by="llm"),
        request(route="a", pinned=True),
        as_json(RequestRecord(1, "GET", "/", 404, 1)),
    ]
    assert remembered(made)["decided_by"] == {"embedded": 1, "llm": 1, "pin": 1, "nothing": 1}


def test_times_are_ranked():
    assert quantiles(number / 1000 for number in range(1, 101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert quantiles([None, 0.001]) == {"p50": 1.0, "p95": 1.0, "p99": 1.0}
    assert quantiles([None]) is None


def test_time_is_split_into_equal_steps_and_no_request_is_left_out():
    steps = remembered([request(at=float(second)) for second in range(61)])["steps"]
    assert sum(step["requests"] for step in steps) == 61
    assert steps[1]["at"] - steps[0]["at"] == pytest.approx(2.0)
    assert len(steps) in {30, 31}


def test_the_order_of_requests_does_not_matter():
    made = [request(at=10.0), request(at=5.0, broken="broke_off")]
    assert remembered(made) == remembered(made[::-1])
    assert remembered(made)["steps"][0]["errors"] == 1


@pytest.fixture
def folder(tmp_path):
    file = SqliteLog(tmp_path / "0.db", 1e9, 100_000_000)
    file.append(
        entries([record(HOUR + 60 * number, time_to_first_token=0.1 if number else None) for number in range(10)])
    )
    file.close()
    return tmp_path


@pytest.mark.parametrize(("name", "now", "first"), [("15m", HOUR + 610, 0), ("24h", HOUR + 610, 23), ("30d", HOUR, 29)])
def test_the_log_is_summed_up_by_the_steps_of_a_span(folder, name, now, first):
    with Log(folder) as log:
        found = logged(log, name, now)
    length, step = SPANS[name]
    assert (found["source"], found["span"], found["step"], found["until"] - found["since"]) == (
        "log",
        name,
        step,
        length,
    )
    assert (found["totals"]["requests"], found["sampled"], found["total"]) == (10, 10, 10)
    busy = [at for at, each in enumerate(found["steps"]) if each["requests"]]
    assert busy[0] >= first
    assert found["steps"][busy[0]]["duration"] == {"p50": 250.0, "p95": 250.0, "p99": 250.0}
    assert sum(each["requests"] for each in found["steps"]) == 10
    assert found["names"]["caller"]["rows"][0]["name"] == "team-a"


async def test_traffic_is_that_of_the_log_where_there_is_one(folder):
    async with served(traffic_routes(ports(), History(folder), lambda: HOUR + 610)) as client:
        answer = await (await client.get("/api/traffic?span=15m")).json()
    assert (answer["source"], answer["totals"]["requests"]) == ("log", 10)


async def test_it_is_of_the_last_requests_where_there_is_none():
    live = LiveFeed()
    live.emit([record()])
    async with served(traffic_routes(ports(live=live), History(None))) as client:
        answer = await (await client.get("/api/traffic")).json()
    assert (answer["source"], answer["totals"]["requests"], answer["note"]) == ("memory", 1, None)


def test_requests_whose_tokens_are_estimated_are_counted():
    made = [as_json(record(usage_estimated=True)), as_json(record()), as_json(record(usage=None, usage_estimated=True))]
    assert remembered(made)["totals"]["estimated"] == 1


async def noted(history):
    async with served(traffic_routes(ports(), history)) as client:
        answer = await (await client.get("/api/traffic")).json()
    assert answer["source"] == "memory"
    return answer["note"]


async def test_a_log_that_cannot_be_read_or_has_not_begun_is_told(tmp_path):
    assert await noted(History(tmp_path / "none")) == "Nothing has been written to the decision log yet."
    (tmp_path / "a.db").write_bytes(b"no database at all" * 9)
    assert "The decision log could not be read: " in await noted(History(tmp_path))


async def test_a_log_of_json_lines_is_not_summed_up_and_the_page_says_what_is(tmp_path):
    assert "`pointsman report` sums up" in await noted(History(tmp_path, json_lines=True))


async def test_an_unknown_span_is_refused_with_those_there_are():
    async with served(traffic_routes(ports(), History(None))) as client:
        answer = await client.get("/api/traffic?span=1y")
        assert (answer.status, "15m, 1h" in (await answer.json())["error"]["message"]) == (400, True)
