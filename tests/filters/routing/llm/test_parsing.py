import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.routing.classifier import Route
from filters.routing.llm.parsing import AnswerReader
from tests.support.fake_llm import CODE, REASONING, ROUTES, TRAVEL

READER = AnswerReader(ROUTES)


def names(answer):
    routes = READER.read(answer)
    return None if routes is None else [route.name for route in routes]


@pytest.mark.parametrize(
    "answer",
    [
        '{"route": "travel"}',
        ' \n{"route":"travel"}\n\n',
        '{\n  "route": "travel"\n}',
        '```json\n{"route": "travel"}\n```',
        '```\n{"route": "travel"}\n```',
        "```travel```",
        "```\ntravel\n```",
        "{'route': 'travel'}",
        "{route: travel}",
        "{route: 'travel'}",
        "route: travel",
        "**Route:** travel",
        "Route = `travel`",
        '{"route": "Travel"}',
        '{"route": " travel "}',
        '{"route": ["travel"]}',
        "{'route': ['travel']}",
        '{"route": [travel]}',
        '{"routes": ["travel"]}',
        '{"name": "travel", "arguments": {}}',
        '[{"name": "travel", "parameters": {}}]',
        '{"route": {"name": "travel"}}',
        '{"selected_route": "travel"}',
        '{"ROUTE": "TRAVEL"}',
        '{"route": "tr\\u0061vel"}',
        '{"reason": "a flight", "route": "travel"}',
        '{"route": "travel", "reason": "it is \\"clearly\\" about a flight"}',
        "travel",
        "Travel.",
        '"travel"',
        "'travel'",
        "`travel`",
        "**travel**",
        "- travel",
        '["travel"]',
        "['travel']",
        '[\n  "travel"\n]',
        "travel\n\nThe user wants to go to Rome, so travel is right.",
        'Sure! Here is my answer:\n\n{"route": "travel"}\n\nI chose it because of the flight.',
        'The best route is "travel" since it is about a flight.',
        "I would say **travel** here.",
        "The user asks about a flight. I choose `travel`.",
        "The answer's 'travel', I think.",
        '<think>\nnot {"route": "complex_reasoning"}\n</think>\n\n{"route": "travel"}',
        'The form is {"route": "route_name"}, so: {"route": "travel"}',
        '{"route": "travel"',
        '{"route": "travel"}{"route": "travel"}',
    ],
)
def test_an_answer_is_read_in_whatever_form_it_comes(answer):
    assert names(answer) == ["travel"]


@pytest.mark.parametrize(
    "answer",
    [
        '{"route": "code generation"}',
        '{"route": "Code Generation"}',
        '{"route": "code-generation"}',
        '{"route": "CODE_GENERATION"}',
        '{"route": "code  generation."}',
        "Code Generation",
        "route: code generation",
    ],
)
def test_case_spaces_and_underscores_do_not_matter(answer):
    assert names(answer) == ["code_generation"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "  \n",
        '""',
        "{}",
        "[]",
        "other",
        "Other.",
        "`other`",
        "None",
        "null",
        '{"route": "other"}',
        "{'route': 'other'}",
        '{"route": ""}',
        '{"route": null}',
        "{'route': None}",
        '{"route": []}',
        '{"route": [ ]}',
        '{"route": [""]}',
        '{"route": ["other"]}',
        '{"route": "none"}',
        '{"route": "None of these"}',
        '{"route": ["other", "travel"]}',
        '```json\n{"route": "other"}\n```',
        'None of the routes fit: {"route": "other"}',
        '<think>hm</think>\n\n{"route": "other"}',
        "<think>hm</think>",
    ],
)
def test_an_answer_may_say_that_nothing_fits(answer):
    assert names(answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        '{"route": "code_review"}',
        '{"route": ["code_review", "poetry"]}',
        "code_review",
        '{"route": 7}',
        '{"route": true}',
        '{"answer": 42}',
        '{"route": "trav',
        "{",
        "...",
        "I cannot help with that.",
        "I'd love to travel, but I am a classifier.",
        "The user mentions travel and code_generation in the same breath",
        '<think>the user wants "travel", or so it seems',
        "```json\n```",
        "\ud800",
        '{"route": "\\ud800"}',
        '{"route": "\\x"}',
    ],
)
def test_what_names_no_configured_route_is_not_an_answer(answer):
    assert names(answer) is None


@pytest.mark.parametrize(
    "answer",
    [
        '{"route": ["travel", "code_generation"]}',
        "{'route': ['travel', 'code_generation']}",
        '{"route": ["poetry", "travel", "Code Generation", "travel"]}',
        '{"route": ["travel", "other", "code_generation"]}',
        '[{"route": "travel"}, {"route": "code_generation"}]',
        '{"route": "travel"}\n{"route": "code_generation"}',
        '["travel", "code_generation"]',
        "travel, code_generation",
        "1. **travel**\n2. **code_generation**",
        "- travel\n- code_generation",
        '"travel" first, then "code_generation".',
    ],
)
def test_of_several_routes_the_first_comes_first_and_each_once(answer):
    assert names(answer) == ["travel", "code_generation"]


def test_routes_that_differ_only_in_case_are_told_apart_by_their_exact_names():
    reader = AnswerReader((Route("Travel", "", ()), Route("travel", "", ())))
    assert [route.name for route in reader.read('{"route": "travel"}')] == ["travel"]
    assert [route.name for route in reader.read('{"route": "Travel"}')] == ["Travel"]
    assert reader.read('{"route": "TRAVEL"}') is None


def test_a_route_called_other_is_a_route():
    other = Route("other", "everything else", ("a/b",))
    assert AnswerReader((CODE, other)).read('{"route": "other"}') == (other,)


@pytest.mark.parametrize("name", ["c++", "Q&A", 'say "hi"', "it's", "a, b", "日本語", "a]b", ".net", "json"])
def test_names_with_odd_characters_are_read_back(name):
    import json

    odd = Route(name, "", ())
    reader = AnswerReader((CODE, odd))
    assert reader.read(json.dumps({"route": name})) == (odd,)
    assert reader.read(json.dumps({"route": [name]}, ensure_ascii=False)) == (odd,)
    assert reader.read(name) in {(odd,), None}


def test_a_name_of_nothing_but_punctuation_does_not_stand_for_an_empty_answer():
    assert AnswerReader((Route("...", "", ()),)).read('{"route": ""}') == ()


def test_a_code_fences_language_is_not_a_route():
    assert AnswerReader((CODE, Route("json", "", ()))).read('```json\n{"x": 1}\n```') is None


@given(st.text(max_size=300))
def test_whatever_is_said_only_configured_routes_come_out(answer):
    assert set(READER.read(answer) or ()) <= set(ROUTES)


@given(st.lists(st.sampled_from(list("\"'[]{}:,`*< >\n")) | st.sampled_from(["route", "travel", "other"]), max_size=60))
def test_whatever_the_punctuation_only_configured_routes_come_out(pieces):
    assert set(READER.read("".join(pieces)) or ()) <= {CODE, REASONING, TRAVEL}


@pytest.mark.parametrize(
    "piece", ["<think>", 'route:["a', "route", '"', "'", "[", '{"route": "', "*", "route: ", "a, "]
)
def test_a_long_hostile_answer_takes_no_time(piece):
    started = time.thread_time()
    READER.read(piece * (200_000 // len(piece)))
    assert time.thread_time() - started < 2  # of this thread's own: what is quadratic takes minutes
