import orjson
import pytest

from filters.errors import ConfigError
from filters.routing.classifier import Route, Verdict
from gateway.evaluation.labels import Case, chat_of
from gateway.evaluation.last_test import digest, last_test, save_test
from gateway.evaluation.result import Result
from gateway.evaluation.run import Outcome

ROUTES = (Route("code", "writing code", ("m",)), Route("prose", "writing prose", ("m",)))


def outcome(expected, decided):
    chat = chat_of({"messages": [{"role": "user", "content": "planted words"}]}, "openai_chat")
    route = next((each for each in ROUTES if each.name == decided), None)
    return Outcome(Case(1, chat, (expected,)), Verdict(route, "embedded", (), ()), 1.0)


def result():
    made = [outcome("code", "code"), outcome("prose", "code"), outcome(None, None)]
    return Result("tests.yaml", ("code", "prose"), made, ())


def test_figures_are_written_and_read_again(tmp_path):
    path = tmp_path / "last.json"
    save_test(path, result(), ROUTES, 0.5)
    found = last_test(path)
    assert (found["labels"], found["count"], found["ok"]) == ("tests.yaml", 3, True)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["routes"]["code"] == {"precision": 0.5, "recall": 1.0, "support": 1}
    assert found["routes"]["prose"]["precision"] is None
    assert found["digest"] == digest(ROUTES, 0.5)
    assert found["at"] > 1_700_000_000


def test_no_prompt_stands_in_the_file(tmp_path):
    save_test(tmp_path / "last.json", result(), ROUTES, None)
    assert "planted" not in (tmp_path / "last.json").read_text()


def test_where_there_was_no_test_there_is_nothing(tmp_path):
    assert last_test(tmp_path / "none.json") is None


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", orjson.dumps({"routes": []})])
def test_a_file_that_is_something_else_is_an_error(tmp_path, content):
    path = tmp_path / "last.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not what `pointsman test` writes"):
        last_test(path)


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        last_test(tmp_path)
    with pytest.raises(ConfigError, match=r"admin.test_results: .* cannot be written"):
        save_test(tmp_path / "none/last.json", result(), ROUTES, None)


@pytest.mark.parametrize(
    "other",
    [
        (Route("code", "writing programs", ("m",)), ROUTES[1]),
        (Route("code", "writing code", ("m",), ("an example",)), ROUTES[1]),
        ROUTES[::-1],
        ROUTES[:1],
    ],
)
def test_routes_that_decide_otherwise_have_another_digest(other):
    assert digest(other, 0.5) != digest(ROUTES, 0.5)
    assert digest(ROUTES, 0.5) != digest(ROUTES, 0.4)


def test_models_are_of_no_account():
    moved = (Route("code", "writing code", ("other",)), ROUTES[1])
    assert digest(moved, None) == digest(ROUTES, None)
