from pathlib import Path

import pytest

from filters.api import CHAT, Filter
from filters.catalog import CATALOG, DEFAULT_CHAIN, Entry, Parts, build_chain, chain_problem
from filters.context import ChatRequest
from filters.format_detection.body import BodyReader
from filters.routing.config import RoutingConfig
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.memory import MemoryPinStore
from filters.tracing.config import TracingConfig
from tests.support.classifiers import WordClassifier

FOLDER = Path(__file__).parents[2] / "filters"


def parts(**changes):
    standard = {
        "tracing": TracingConfig(),
        "session_pinning": SessionPinningConfig(),
        "bodies": BodyReader(),
        "routing": RoutingConfig(),
        "routes": (),
        "classifier": WordClassifier(),
        "pin_store": MemoryPinStore(600, 10),
        "turn_store": MemoryPinStore(600, 10),
        "knows": lambda _: True,
        "vendor_of": lambda _: None,
        "rank": lambda models, _: models,
    }
    return Parts(**standard | changes)


@pytest.mark.parametrize("name", CATALOG)
def test_every_filter_has_a_folder_whose_manual_begins_with_its_name(name):
    assert (FOLDER / name / "__init__.py").read_text().startswith(f'"""{name}: ')
    assert CATALOG[name].filter.__module__ == f"filters.{name}.filter"


def test_every_fact_is_written_by_one_filter_alone():
    provided = [key for entry in CATALOG.values() for key in entry.filter.provides]
    assert len(provided) == len(set(provided))


def test_the_default_chain_is_right_and_is_built_in_its_order():
    assert chain_problem(DEFAULT_CHAIN) is None
    built = build_chain(DEFAULT_CHAIN, parts())
    assert [type(each) for each in built] == [CATALOG[name].filter for name in DEFAULT_CHAIN]


@pytest.mark.parametrize(
    ("chain", "problem"),
    [
        (["tracing", "ruting"], "there is no filter 'ruting'; did you mean 'routing'?"),
        (["xyz"], "there is no filter 'xyz'; there are tracing, session_pinning, format_detection, routing"),
        (["tracing", "tracing"], "the filter 'tracing' is listed twice"),
        (["routing"], "the filter 'routing' needs what 'tracing' provides, so put that before it"),
        (
            ["tracing", "session_pinning", "routing", "format_detection"],
            "the filter 'routing' needs what 'format_detection' provides, so put that before it",
        ),
        (["tracing", "session_pinning"], "the chain has no 'routing', so nothing would decide"),
        ([], "the chain has no 'routing', so nothing would decide"),
    ],
)
def test_what_is_wrong_with_a_chain_is_said_with_both_names(chain, problem):
    assert chain_problem(chain) == problem


def test_the_order_of_filters_that_do_not_need_one_another_is_free():
    assert chain_problem(["format_detection", "session_pinning", "tracing", "routing"]) is None


async def test_a_filter_of_ones_own_takes_its_place_in_the_chain(serve, monkeypatch):
    class Refusing(Filter):
        needs = (CHAT,)

        async def __call__(self, request, handler):
            response = await handler(request)
            response.headers["x-saw"] = type(request[CHAT]).__name__
            return response

    catalog = {**CATALOG, "mine": Entry(Refusing, lambda _: Refusing())}
    monkeypatch.setattr("filters.catalog.CATALOG", catalog)
    chain = ["tracing", "session_pinning", "format_detection", "mine", "routing"]
    assert chain_problem(["mine", *DEFAULT_CHAIN]).startswith("the filter 'mine' needs what 'format_detection'")
    assert chain_problem(chain) is None
    client = await serve(list(build_chain(chain, parts())))
    answer = await client.post("/routing/v1/chat/completions", json={"messages": []})
    assert answer.headers["x-saw"] == ChatRequest.__name__
