import orjson
import pytest

from filters.context import Decision
from gateway.admin.ui.history import History
from gateway.admin.ui.labels import labels_routes, least_certain
from gateway.admin.ui.records import as_json
from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.telemetry.live import LiveFeed
from tests.support.admin import ports, served
from tests.support.logged import decision, entries, record

CONFIG = """
model_providers: [{model: openai/gpt}]
routing_preferences:
  - {name: code, description: writing code, models: [openai/gpt], examples: examples/code.jsonl}
  - {name: prose, description: writing prose, models: [openai/gpt]}
"""
SURE, CLOSE, CLOSER = (5, 0, 0), (1.05, 0, 0), (1.01, 0, 0)


@pytest.fixture
def config(tmp_path):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/code.jsonl").write_text('"sort a list"\n')
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
async def client(config):
    async with served(labels_routes(ports(config_file=config), History(None))) as made:
        yield made


async def asked(client, method, path, **options):
    answer = await client.request(method, path, **options)
    return answer.status, await answer.json()


async def test_a_prompt_becomes_an_example_and_is_taken_back(client, config):
    status, made = await asked(client, "POST", "/api/labels", json={"route": "code", "prompt": "reverse a string"})
    assert (status, made["route"], made["file"]) == (201, "code", "code.jsonl")
    assert "reverse a string" in (config.parent / "examples/code.jsonl").read_text()
    status, listed = await asked(client, "GET", "/api/labels")
    assert (status, listed["count"], listed["labels"][0]["prompt"]) == (200, 1, "reverse a string")
    status, gone = await asked(client, "DELETE", f"/api/labels?route=code&key={listed['labels'][0]['key']}")
    assert (status, gone["taken_back"]["prompt"]) == (200, "reverse a string")
    assert (config.parent / "examples/code.jsonl").read_text() == '"sort a list"\n'


async def test_labels_are_listed_the_last_first_with_their_decisions(client):
    for number in range(3):
        body = {"route": "code", "prompt": f"prompt {number}", "decision": f"{number:020x}"}
        await client.post("/api/labels", json=body)
    _, listed = await asked(client, "GET", "/api/labels")
    assert [each["prompt"] for each in listed["labels"]] == ["prompt 2", "prompt 1", "prompt 0"]
    assert listed["labels"][0]["decision"] == f"{2:020x}"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"route": "code"}, 400, "prompt"),
        ({"route": "code", "prompt": ""}, 400, "prompt"),
        ({"route": "code", "prompt": "x" * 40_000}, 400, "prompt"),
        ({"route": "cod", "prompt": "x"}, 409, "did you mean 'code'"),
        ({"route": "prose", "prompt": "x"}, 409, "are not in a file"),
        ({"route": "code", "prompt": "sort a list"}, 409, "already"),
        ({"route": "code", "prompt": "  "}, 409, "blank"),
    ],
)
async def test_what_cannot_be_labelled_is_refused_with_its_reason(client, config, body, status, said):
    found, answer = await asked(client, "POST", "/api/labels", json=body)
    assert (found, said in answer["error"]["message"]) == (status, True)
    assert (config.parent / "examples/code.jsonl").read_text() == '"sort a list"\n'


async def test_a_label_that_is_not_there_cannot_be_taken_back(client):
    assert (await asked(client, "DELETE", "/api/labels?route=code&key=1.5"))[0] == 404


async def test_without_a_file_there_is_nothing_to_label_in():
    async with served(labels_routes(ports(), History(None))) as client:
        assert (await client.get("/api/labels")).status == 404
        assert (await client.get("/api/uncertain")).status == 200


def emitted(*records):
    live = LiveFeed()
    for each in records:
        live.emit([each])
    return live


async def test_the_least_certain_of_the_last_requests_come_first_each_once():
    close, closer = decision(CLOSE), decision(CLOSER)
    pinned = Decision("code", ("p/code",), "pin", pinned=True)
    live = emitted(*(record(decided=each) for each in (decision(SURE), close, close, closer, pinned)))
    async with served(labels_routes(ports(live=live), History(None))) as client:
        _, answer = await asked(client, "GET", "/api/uncertain")
    assert answer["source"] == "memory"
    margins = [each["margin"] for each in answer["decisions"]]
    assert len(margins) == 3
    assert margins == sorted(margins)
    assert answer["decisions"][0]["route"] == "code"
    assert [each["text"] for each in answer["decisions"]] == [None] * 3


def test_requests_without_a_decision_are_passed_over():
    assert least_certain([as_json(record(decided=Decision(None, (), "none")))])["decisions"] == []


async def test_those_of_the_log_are_proposed_where_there_is_one_with_what_was_said(tmp_path):
    file = SqliteLog(tmp_path / "0.db", 1e9, 100_000_000)
    file.append(entries([record(decided=decision(SURE)), record(decided=decision(CLOSE, text=("a poem", "")))]))
    file.close()
    async with served(labels_routes(ports(), History(tmp_path))) as client:
        _, answer = await asked(client, "GET", "/api/uncertain")
    assert answer["source"] == "log"
    first, second = answer["decisions"]
    assert (first["text"], second["text"], len(first["id"])) == ("a poem", None, 20)
    assert [row["route"] for row in first["scores"]] == ["code", "prose"]
    assert first["scores"][0]["threshold"] == 0.5


async def test_a_log_that_is_not_there_yet_leaves_the_last_requests(tmp_path):
    live = emitted(record(decided=decision(CLOSE)))
    async with served(labels_routes(ports(live=live), History(tmp_path / "none"))) as client:
        _, answer = await asked(client, "GET", "/api/uncertain")
    assert (answer["source"], len(answer["decisions"])) == ("memory", 1)


async def test_an_answer_is_json_without_what_was_said_unless_it_is_stored():
    shown = as_json(record(decided=decision(CLOSE, text=("planted words", "before"))))
    assert shown["text"] == "planted words"
    assert b"planted" not in orjson.dumps(as_json(record(decided=decision(CLOSE))))
