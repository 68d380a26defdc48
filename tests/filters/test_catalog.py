from pathlib import Path

import pytest
from aiohttp import web

from filters.admission.queue import Admission, AdmissionLimits
from filters.api import CHAT, Filter
from filters.auth.api_keys import hash_of
from filters.auth.config import ApiKey
from filters.catalog import (
    CATALOG,
    DEFAULT_CHAIN,
    Entry,
    Link,
    Ports,
    build_chain,
    chain_problem,
    entry_problem,
    read_entry,
)
from filters.context import ChatRequest
from filters.format_detection.body import BodyReader
from filters.section import Section
from filters.session_pinning.memory import MemoryPinStore
from gateway.config.sections import RoutingSection
from gateway.storage.counters import MemoryCounters
from tests.support.classifiers import WordClassifier

FOLDER = Path(__file__).parents[2] / "filters"
UNKNOWN: web.RequestKey[str] = web.RequestKey("weather")


def ports(**changes):
    standard = {
        "bodies": BodyReader(),
        "admission": Admission(),
        "admission_limits": AdmissionLimits(9, 9, 1.0),
        "counters": MemoryCounters(),
        "has_keys": True,
        "resolve": str,
        "routes": (),
        "classifier": WordClassifier(),
        "pin_store": MemoryPinStore(600, 10),
        "turn_store": MemoryPinStore(600, 10),
        "decision_store": MemoryPinStore,
        "knows": lambda _: True,
        "vendor_of": lambda _: None,
        "rank": lambda models, _: models,
    }
    return Ports(**standard | changes)


def links(names):
    at = {"routing": RoutingSection(), "api_keys": (ApiKey(name="ann", hash=hash_of("k" * 20)),)}
    return [Link(name, at.get(CATALOG[name].at or "") or CATALOG[name].section()) for name in names]


def test_filters_that_the_configuration_leaves_nothing_to_do_are_not_built():
    without = [Link(link.name, ()) if link.name == "auth" else link for link in links(DEFAULT_CHAIN)]
    built = build_chain(without, ports(has_keys=False))
    idle = {CATALOG[name].filter for name in ("auth", "rate_limit", "budget")}
    assert [type(each) for each in built] == [
        CATALOG[name].filter for name in DEFAULT_CHAIN if CATALOG[name].filter not in idle
    ]


@pytest.mark.parametrize("name", CATALOG)
def test_every_filter_has_a_folder_whose_manual_begins_with_its_name(name):
    assert (FOLDER / name / "__init__.py").read_text().startswith(f'"""{name}: ')
    assert CATALOG[name].filter.__module__ == f"filters.{name}.filter"


def test_every_fact_is_written_by_one_filter_alone():
    provided = [key for entry in CATALOG.values() for key in entry.filter.provides]
    assert len(provided) == len(set(provided))


def test_the_default_chain_is_right_and_is_built_in_its_order():
    assert chain_problem(DEFAULT_CHAIN) is None
    built = build_chain(links(DEFAULT_CHAIN), ports())
    assert [type(each) for each in built] == [CATALOG[name].filter for name in DEFAULT_CHAIN]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("ruting", "there is no filter 'ruting'; did you mean 'routing'?"),
        ("xyz", f"there is no filter 'xyz'; there are {', '.join(CATALOG)}"),
        ({"xyz": {}}, f"there is no filter 'xyz'; there are {', '.join(CATALOG)}"),
        ({"tracing": {"random_sampling": 1}}, "the options of 'tracing' stand under `tracing:` at the top of the file"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_with_what_would_be_right(entry, problem):
    assert entry_problem(entry).startswith(problem)


@pytest.mark.parametrize("entry", ["routing", {"routing": {}}, {"format_detection": {}}])
def test_a_name_alone_or_without_options_is_right(entry):
    assert entry_problem(entry) is None


def test_an_entry_is_a_name_and_its_options():
    assert read_entry("routing") == ("routing", {})
    assert read_entry({"short_prompts": {"limit": 3}}) == ("short_prompts", {"limit": 3})


@pytest.mark.parametrize(
    ("chain", "problem"),
    [
        (["tracing", "tracing"], "the filter 'tracing' is listed twice"),
        (["routing"], "the filter 'routing' needs what 'tracing' provides, so put that before it"),
        (
            ["tracing", "session_pinning", "routing", "format_detection"],
            "the filter 'routing' needs what 'format_detection' provides, so put that before it",
        ),
        (
            ["tracing", "format_detection", "routing", "session_pinning"],
            "the filter 'routing' uses what 'session_pinning' provides, so put that before it, or leave it out",
        ),
    ],
)
def test_what_is_wrong_with_a_chain_is_said_with_both_names(chain, problem):
    assert chain_problem(chain) == problem


@pytest.mark.parametrize(
    "chain",
    [
        ["format_detection", "session_pinning", "tracing", "routing"],
        ["tracing", "format_detection", "routing"],
        ["tracing", "session_pinning", "format_detection"],
        ["format_detection"],
        ["tracing"],
    ],
)
def test_filters_may_be_left_out_and_those_that_do_not_need_one_another_may_change_places(chain):
    assert chain_problem(chain) is None


class Options(Section):
    limit: int = 3


class Limiting(Filter):
    needs = (CHAT,)

    def __init__(self, limit):
        self.limit = limit

    async def __call__(self, request, handler):
        response = await handler(request)
        response.headers["x-saw"] = f"{type(request[CHAT]).__name__} {self.limit}"
        return response


class Wanting(Filter):
    needs = (UNKNOWN,)


@pytest.fixture
def catalog(monkeypatch):
    mine = Entry(Limiting, lambda options, _: Limiting(options.limit), Options)
    extended = {**CATALOG, "mine": mine, "wanting": Entry(Wanting, lambda *_: Wanting())}
    monkeypatch.setattr("filters.catalog.CATALOG", extended)


async def test_a_filter_of_ones_own_takes_its_place_in_the_chain_with_its_options(serve, catalog):
    chain = ["tracing", "session_pinning", "format_detection", "mine", "routing"]
    assert chain_problem(["mine", *DEFAULT_CHAIN]).startswith("the filter 'mine' needs what 'format_detection'")
    assert chain_problem(chain) is None
    before, after = links(chain[:3]), links(chain[4:])
    client = await serve(list(build_chain([*before, Link("mine", Options(limit=7)), *after], ports())))
    answer = await client.post("/routing/v1/chat/completions", json={"messages": []})
    assert answer.headers["x-saw"] == f"{ChatRequest.__name__} 7"


def test_a_fact_that_no_filter_provides_is_said_with_its_name(catalog):
    problem = "the filter 'wanting' needs the fact 'weather', which no filter of the catalogue provides"
    assert chain_problem(["wanting"]) == problem
