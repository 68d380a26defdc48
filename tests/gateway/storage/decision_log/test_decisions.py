import pytest

from filters.context import Decision
from filters.decision_binding.ids import new_id
from gateway.storage.decision_log.decisions import find, recent, uncertain
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.sqlite import SqliteLog
from tests.support.logged import HOUR, decision, entries, record

SURE, CLOSE, CLOSER = (5, 0, 0), (1.05, 0, 0), (1.01, 0, 0)


@pytest.fixture
def log(tmp_path):
    """Return a log of these records, the odd ones in a second file."""
    opened = []

    def log(*records):
        for number in range(2):
            file = SqliteLog(tmp_path / f"{number}.db", 1e9, 100_000_000)
            file.append(entries(records[number::2])) if records[number::2] else None
            file.close()
        opened.append(Log(tmp_path))
        return opened[-1]

    yield log
    for each in opened:
        each.close()


def test_the_latest_come_first_whichever_file_they_are_in(log):
    made = log(*(record(HOUR + number) for number in range(7)))
    assert [each["at"] - HOUR for each in recent(made, 3)] == [6, 5, 4]
    assert [each["at"] - HOUR for each in recent(made, 3, before=HOUR + 4)] == [3, 2, 1]


def test_only_those_of_a_caller_or_a_route_are_given_where_that_is_asked(log):
    made = log(record(caller="a"), record(), record(decided=decision((0, 5, 0))), record(caller=None))
    assert len(recent(made, only={"caller": "a"})) == 1
    assert len(recent(made, only={"caller": None})) == 1
    assert [each["route"] for each in recent(made, only={"route": "prose", "x; DROP TABLE": 1})] == ["prose"]


def test_a_decision_is_told_with_its_routes_and_what_was_tried(log):
    (found,) = recent(log(record(decided=decision(SURE))))
    assert found["candidates"] == ["p/code", "p/other"]
    assert found["attempts"] == [["p/code", "ok", 200, 0.2]]
    assert found["stages"]["elapsed_us"] == {"embedded": 7}
    assert [(each["name"], each["threshold"]) for each in found["routes"]] == [("code", 0.5), ("prose", 0.6)]
    assert found["routes"][0]["score"] == decision(SURE).assessment.scores[0]
    assert found["text"] is None
    assert "seq" not in found


def test_what_no_classifier_saw_has_no_routes(log):
    (found,) = recent(log(record(decided=Decision("code", ("p/code",), "pin", pinned=True))))
    assert (found["routes"], found["pinned"], found["margin"]) == ([], 1, None)


def test_a_decision_is_found_by_its_id(log):
    made = log(record(), record(HOUR + 5, decided=decision(text=("said", "before"))), record(HOUR + 9))
    wanted = recent(made)[2]
    assert find(made, wanted["id"]) == wanted
    assert (wanted["text"], wanted["previous"]) == ("said", "before")


def test_a_decision_that_was_bound_before_its_request_came_is_found_too(log):
    bound = new_id(HOUR)
    made = log(record(HOUR + 600, attributes={"decision_id": bound}))
    assert find(made, bound)["at"] == HOUR + 600


@pytest.mark.parametrize(
    ("text", "words"), [("nonsense", "is no id of a decision"), ("0" * 20, "has no decision 0000")]
)
def test_an_id_that_leads_nowhere_is_refused_in_words(log, text, words):
    with pytest.raises(LogError, match=words):
        find(log(record()), text)


def test_the_least_certain_come_first_and_each_prompt_once(log):
    decided = [decision(vector) for vector in (SURE, CLOSE, CLOSER, CLOSE, CLOSE)]
    found = uncertain(log(*(record(HOUR + at, decided=each) for at, each in enumerate(decided))), 3)
    margins = [each["margin"] for each in found]
    assert margins == sorted(margins)
    assert margins[0] < 0.01
    assert found[0]["routes"][0]["score"] == decision(CLOSER).assessment.scores[0]


def test_what_is_older_is_not_looked_at(log):
    made = log(record(HOUR, decided=decision(CLOSE)), record(HOUR + 60))
    assert len(uncertain(made, since=HOUR + 30)) == 1
