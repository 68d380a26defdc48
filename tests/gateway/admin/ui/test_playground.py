import pytest
from pydantic import ValidationError

from filters.errors import DownstreamError
from filters.routing.classifier import Prompt, Route
from filters.routing.inline import InlineRoutes
from gateway.admin.ui.playground import Asked, decide, edited, flips
from tests.support.classifiers import WordClassifier

ROUTES = (Route("code", "writing code", ("a/b",), ("an example",), 0.5), Route("chat", "small talk", ("c/d",)))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "either a prompt, or prompts, or a body"),
        ({"prompt": "x", "body": {}}, "either a prompt, or prompts, or a body"),
        ({"prompt": "x", "path": "/v1/nothing"}, "path must be one of /v1/chat/completions"),
        ({"prompts": []}, "prompts"),
        ({"prompts": ["x"] * 51}, "prompts"),
        ({"prompts": ["x"], "prompt": "x"}, "either a prompt, or prompts, or a body"),
        ({"prompt": 3}, "prompt\n  Input should be a valid string"),
        ({"prompt": "x", "edits": [{"name": "code", "threshold": 2}]}, "edits.0.threshold"),
        ({"prompt": "x", "edit": []}, "edit\n"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_with_its_field(value, problem):
    with pytest.raises(ValidationError, match=problem):
        Asked.model_validate(value)


def test_a_prompt_is_read_as_it_is():
    assert Asked.model_validate({"prompt": "hello"}).read() == Prompt("hello")


def test_of_a_body_what_the_user_said_last_is_read():
    body = {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]}
    prompt = Asked.model_validate({"path": "/v1/messages", "body": body}).read()
    assert (prompt.text, prompt.previous) == ("two", "one")


def test_a_body_of_another_shape_is_refused_with_its_field():
    with pytest.raises(DownstreamError, match="messages"):
        Asked.model_validate({"path": "/v1/messages", "body": {"messages": 3}}).read()


def test_an_edit_changes_what_it_names_and_nothing_else():
    edits = Asked.model_validate({"prompt": "", "edits": [{"name": "code", "threshold": 0.9}]}).edits
    code, chat = edited(ROUTES, edits)
    assert (code.threshold, code.description, code.examples) == (0.9, "writing code", ("an example",))
    assert chat is ROUTES[1]
    edits = Asked.model_validate(
        {"prompt": "", "edits": [{"name": "chat", "description": "other", "examples": ["hi"]}]}
    ).edits
    assert edited(ROUTES, edits)[1] == Route("chat", "other", ("c/d",), ("hi",))


def test_a_route_that_there_is_not_is_refused():
    with pytest.raises(DownstreamError, match="there is no route 'cod'"):
        edited(ROUTES, Asked.model_validate({"prompt": "", "edits": [{"name": "cod"}]}).edits)


@pytest.mark.parametrize(("said", "route", "model"), [("some code", "code", "a/b"), ("hello", None, None)])
async def test_a_decision_is_explained(said, route, model):
    decided = await decide(InlineRoutes(WordClassifier()), ROUTES, Prompt(said))
    assert (decided["route"], decided["model"]) == (route, model)
    assert [row["name"] for row in decided["explain"]["routes"]] == ["code", "chat"]


async def test_of_several_prompts_those_that_flip_are_told():
    changed = edited(ROUTES, Asked.model_validate({"prompt": "", "edits": [{"name": "code", "threshold": 1}]}).edits)
    found = await flips(InlineRoutes(WordClassifier()), ROUTES, changed, ["some code", "hello"])
    assert [each["now"] for each in found] == ["code", None]
    assert len(found) == 2


def test_a_threshold_of_null_is_that_of_all_routes():
    asked = Asked.model_validate({"prompt": "", "edits": [{"name": "code", "threshold": None}]})
    assert edited(ROUTES, asked.edits)[0].threshold is None
    asked = Asked.model_validate({"prompt": "", "edits": [{"name": "code", "description": "other"}]})
    assert edited(ROUTES, asked.edits)[0].threshold == 0.5
