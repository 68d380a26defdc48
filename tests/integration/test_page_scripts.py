"""The page's views without a browser, over the real answers of the admin API."""

import asyncio
import json

import pytest

from filters.context import Decision
from gateway.admin.ui.api import api_routes
from gateway.admin.ui.records import as_json
from gateway.admin.views import view_routes
from gateway.telemetry.live import LiveFeed
from tests.support.admin import figures, ports, served
from tests.support.gateway import config_text, load
from tests.support.logged import HOUR, decision, record
from tests.support.page_scripts import Page, bundled, ordered

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k", "default": "true"}]
KEYS = f"""
api_keys:
  - {{name: ann, hash: "sha256:{"a" * 64}", requests_per_minute: 60}}
"""
COUNTED = {
    "attempts": {("openai", "openai/gpt", "ok"): 8, ("openai", "openai/gpt", "timeout"): 2},
    "answer": {("openai", "openai/gpt"): [0.2] * 10},
    "decisions": {("embedded", "code_generation", "false"): 3, ("none", "none", "false"): 1},
    "refusals": {("429", "ann"): 2},
}
PATHS = ("requests", "earlier", "traffic", "routes", "uncertain", "callers", "providers")
CLUSTER = {"model": "openai/gpt", "state": "healthy", "seconds_left": None, "key_missing": None, "default": True}
CLUSTER |= {"provider": "openai", "address": "http://127.0.0.1:9", "formats": ["openai_chat"]}


async def answered(tmp_path, live, counted):
    """Return the answers of an API to what the views ask, by path."""
    config = load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)) + (KEYS if counted else ""))
    made = ports(config, live=live, figures=figures(**counted))
    async with served((*api_routes(made), *view_routes(made))) as client:
        answers = {f"/api/{path}": await (await client.get(f"/api/{path}")).json() for path in PATHS}
        answers |= {path: await (await client.get(path)).json() for path in ("/config", "/stats")}
    answers["/stats"]["reload"] = {"outcome": "refused", "at": HOUR, "generation": 2, "errors": "line 3: wrong"}
    empty = {"/api/labels": {"labels": [], "count": 0}, "/sessions": {"entries": 3}, "/reload": {"status": "reloaded"}}
    return {**answers, **empty, "/clusters": {"clusters": [CLUSTER], "others": {}}}


@pytest.fixture
def busy(tmp_path):
    """Return the page of a gateway with traffic."""
    live = LiveFeed()
    pinned = Decision("code", ("p/code",), "pin", pinned=True)
    for number, made in enumerate((decision(), decision((1.01, 0, 0)), pinned, decision((0, 0, 0)))):
        live.emit([record(HOUR + number, decided=made)])
    live.emit([record(HOUR + 9, status=502, broken="broke_off", usage=None, cost=None)])
    return asyncio.run(answered(tmp_path, live, COUNTED))


@pytest.fixture
def quiet(tmp_path):
    """Return the answers of a gateway that nobody has asked."""
    return asyncio.run(answered(tmp_path, LiveFeed(), {}))


@pytest.mark.parametrize("name", ordered())
def test_every_module_can_be_read(name):
    assert bundled(name).startswith(f"modules['{name}'] = ")
    Page({})


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("live", ["the last 5", "502", "code", "p/code", "embedded", "$0.002"]),
        ("traffic", ["these are the last 5 requests", "Saved", "20 %", "Time to answer", "95th percentile", "team-a"]),
        ("routes", ["code_generation", "75 %", "3 decisions", "Least certain decisions", "None yet."]),
        ("providers", ["openai/gpt", "healthy", "10", "80 %", "timeout 2", "default"]),
        ("callers", ["ann", "429", "limit or budget", "0 of 60 requests", "everything"]),
        ("sessions", ["Pins in memory 3", "Look a pin up"]),
        ("configuration", ["refused", "line 3: wrong", "openai/gpt", "***"]),
        ("playground", ["Nothing was asked yet", "code_generation"]),
    ],
)
def test_a_view_shows_what_the_gateway_says(busy, view, said):
    text = Page(busy).show(view)
    assert [each for each in said if each not in text] == [], text


def test_a_gateway_that_is_gone_is_told_in_words_and_so_is_its_return(busy):
    page = Page(busy)
    page.do("document.hidden = false; globalThis.setTimeout = (work) => { globalThis.later = work; return 1; };")
    page.show("providers")
    page.do("globalThis.there = fetch; globalThis.fetch = async () => { throw new TypeError('Failed to fetch'); };")
    page.do("later();")
    assert page.run("document.getElementById('state').textContent") == "the gateway does not answer"
    page.do("globalThis.fetch = there; later();")
    assert page.run("document.getElementById('state').textContent") == "the gateway answers again"


def test_of_many_routes_the_best_scores_are_shown_and_the_others_folded_away(busy):
    requests = busy["/api/requests"]["requests"]
    decided = next(each for each in requests if each["decision"] and each["decision"]["scores"])
    scores = [{"route": f"route-{number}", "score": 0.5 - number / 40, "threshold": 0.4} for number in range(20)]
    decided |= {"decision": decided["decision"] | {"scores": scores, "route": "route-0"}}
    page = Page(busy | {"/api/requests": {"requests": [decided]}})
    page.show("live")
    page.do("main.all().find((each) => each.name === 'tbody').children[0].fire('click');")
    assert "14 more routes" in page.text()


BROKEN_FEED = """
globalThis.setTimeout = (go) => { go(); return 0; };
const answers = globalThis.fetch;
let feeds = 0;
globalThis.fetch = async (path, options) => {
  if (path === "/api/live") {
    const read = feeds++ ? () => new Promise(() => {}) : async () => ({ done: true });
    return { ok: true, body: { pipeThrough: () => ({ getReader: () => ({ read }) }) } };
  }
  const answer = await answers(path, options);
  if (path !== "/api/requests" || !feeds) return answer;
  const { requests } = await answer.json();
  return { ok: true, json: async () => ({ requests: [...requests, { ...requests[0], id: "missed", status: 418 }] }) };
};
"""


def test_live_catches_up_with_what_it_missed_while_its_feed_was_broken(busy):
    page = Page(busy)
    page.do(BROKEN_FEED)
    page.show("live")
    assert "the last 6" in page.text()
    assert page.text().count("418") == 1


def test_live_shows_what_the_log_has_of_before_and_each_request_once(busy):
    logged = [as_json(record(HOUR + at, caller=f"team-{at}")) | {"id": "t" * 32} for at in (-2, 0)]
    text = Page(busy | {"/api/earlier": {"requests": logged}}).show("live")
    assert "the last 6" in text


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("live", "No requests yet"),
        ("traffic", "Nothing to sum up yet"),
        ("routes", "No decision was made by scores yet"),
        ("callers", "Callers have no keys"),
        ("providers", "openai/gpt"),
    ],
)
def test_a_view_says_what_to_do_where_there_is_nothing(quiet, view, said):
    assert said in Page(quiet).show(view)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (decision(), ["code reached 0.881, and needed 0.500", "a score that is 0.381 different", "embedded 7 µs"]),
        (decision((0, 0, 0)), ["No route reached its threshold"]),
        (Decision("code", ("p/code",), "pin", pinned=True), ["An earlier decision of this session was kept"]),
        (decision(text=("planted words", "")), ["planted words"]),
    ],
)
def test_a_request_is_explained(made, said):
    page = Page({})
    page.do(f"globalThis.main = new Element('main'); main.append(...modules['detail.js'].detail({_js(made)}));")
    assert [each for each in said if each not in page.text()] == [], page.text()


def _js(made):
    return json.dumps(as_json(record(HOUR, decided=made)))


def test_a_prompt_is_labelled_and_the_file_is_read_again():
    label = {"route": "code", "key": "1.5", "file": "code.jsonl", "prompt": "x"}
    page = Page({"/api/routes": {"routes": [{"name": "code", "examples_file": "code.jsonl"}]}, "/api/labels": label})
    page.do("globalThis.main = modules['labels.js'].labelForm({ text: 'a parser', decision: 'd1' });")
    page.do("main.querySelector('select').value = 'code'; main.fire('submit');")
    assert page.asked[1:] == [
        'POST /api/labels {"route":"code","prompt":"a parser","decision":"d1"}',
        "POST /reload",
    ]
    assert "An example of code now, in code.jsonl." in page.text()


@pytest.mark.parametrize(("tenant", "query"), [("", "id=s9"), ("ann", "id=s9&tenant=ann")])
def test_a_pin_is_looked_up_and_dropped_by_its_session_and_whose_it_is(tenant, query):
    page = Page({"/sessions": {"model": "openai/gpt", "route": "code", "inline": False}})
    assert "with api_keys the caller's name" in page.show("sessions")
    page.do(
        f"document.getElementById('ident').value = 's9'; document.getElementById('tenant').value = '{tenant}';"
        "main.querySelector('form').fire('submit');"
    )
    assert "openai/gpt" in page.text()
    page.do("main.all().findLast((each) => each.textContent === 'Drop this pin').fire('click');")
    assert page.asked[1:] == [f"GET /sessions?{query}", f"DELETE /sessions?{query}"]
    assert "Dropped" in page.text()


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("milliseconds(0)", "0 ms"),
        ("milliseconds(0.2)", "200 µs"),
        ("milliseconds(3.14159)", "3.1 ms"),
        ("milliseconds(42.4)", "42 ms"),
        ("milliseconds(1234)", "1.23 s"),
        ("milliseconds(null)", "\u2013"),
        ("percent(1, 3)", "33 %"),
        ("percent(1, 300)", "0.33 %"),
        ("percent(0, 5)", "0 %"),
        ("percent(1, 0)", "\u2013"),
        ("money(null)", "unknown"),
        ("cost({ cost: 0, unknown: 2 })", "unknown"),
        ("cost({ cost: 0, unknown: 0 }) === 'unknown'", False),
        ("when(86400 * 365, new Date(86400000 * 365)) === modules['format.js'].clock(86400 * 365)", True),
        ("when(86400 * 365, new Date(86400000 * 700)).endsWith(modules['format.js'].clock(86400 * 365))", True),
        ("when(86400 * 365, new Date(86400000 * 700)) === modules['format.js'].clock(86400 * 365)", False),
        ("ago(100, 130)", "30 s ago"),
        ("ago(0, 7200)", "2 h ago"),
        ("ago(0, 864000)", "10 days ago"),
        ("score(0.12345)", "0.123"),
        ("tick(86400 * 365, 86400).length > 0", True),
        ("ticks(7)", [0, 2, 4, 6, 8]),
        ("ticks(100)", [0, 20, 40, 60, 80, 100]),
        ("ticks(0)", [0, 1]),
    ],
)
def test_numbers_are_written_as_people_read_them(call, shown):
    assert Page({}).run(f"modules['format.js'].{call}") == shown
