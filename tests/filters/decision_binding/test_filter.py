import json

import pytest

from filters.api import ATTRIBUTES, CALLER, DECISION, DECISION_ID, Filter
from filters.decision_binding.config import DecisionBindingConfig
from filters.decision_binding.filter import BIND, ID, DecisionBindingFilter
from filters.format_detection.body import BodyReader
from filters.format_detection.filter import FormatDetectionFilter
from filters.routing.classifier import Route
from filters.routing.filter import RoutingFilter
from filters.routing.inline import InlineRoutes
from filters.session_pinning.filter import SessionPinningFilter
from filters.session_pinning.memory import MemoryPinStore
from filters.tracing.filter import TracingFilter
from tests.support.classifiers import WordClassifier

ROUTES = (Route("code", "coding", ("p/a", "p/b")), Route("prose", "writing", ("p/c",)))
DECIDE, PROXY = "/routing/v1/chat/completions", "/v1/messages"


class Named(Filter):
    """Says who calls, as a header tells."""

    provides = (CALLER,)

    async def __call__(self, request, handler):
        request[CALLER] = request.headers.get("X-Caller")
        return await handler(request)


class World:
    """A chain that binds, its clock, and the models that are configured."""

    def __init__(self, serve):
        self.serve = serve
        self.now = 0.0
        self.models = {"p/a", "p/b", "p/c"}
        self.classifier = WordClassifier()

    async def start(self, **options):
        chosen = DecisionBindingConfig(**options)
        store = MemoryPinStore(chosen.lifetime_seconds, chosen.max_entries, clock=lambda: self.now)
        binding = DecisionBindingFilter(store, self.models.__contains__, chosen)
        pinning = SessionPinningFilter(MemoryPinStore(600, 10), self.models.__contains__, ("X-Session-Id",))
        routing = RoutingFilter(
            self.classifier.bind(ROUTES), InlineRoutes(self.classifier), lambda models, _: models, "auto"
        )
        detection = FormatDetectionFilter(BodyReader())
        self.client = await self.serve([Named(), TracingFilter(), binding, pinning, detection, routing], tell)
        return self

    async def ask(self, text, path=DECIDE, headers=None, status=200, **more):
        body = {"messages": [{"role": "user", "content": text}], "max_tokens": 1, "model": "auto", **more}
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status == status
        return (await answer.json() if status == 200 else await answer.text()), answer.headers

    async def bind(self, text, **headers):
        return (await self.ask(text, headers={BIND: "true", **headers}))[0]["decision_id"]


def tell(request):
    decision = request[DECISION]
    return {
        "route": decision.route,
        "candidates": list(decision.candidates),
        "decided_by": decision.decided_by,
        "id": request.get(DECISION_ID),
        "attributes": request.get(ATTRIBUTES),
    }


@pytest.fixture
async def world(serve):
    return await World(serve).start()


async def test_a_request_goes_where_its_decision_said_whatever_it_holds(world):
    ident = await world.bind("code")
    asked = world.classifier.asked
    told, _ = await world.ask("prose", PROXY, {ID: ident})
    assert (told["route"], told["candidates"], told["decided_by"]) == ("code", ["p/a", "p/b"], "pin")
    assert told["attributes"] == {"decision_binding": ident}
    assert world.classifier.asked == asked, "no classifier is asked again"


async def test_it_does_so_too_where_it_names_a_model(world):
    told, _ = await world.ask("prose", PROXY, {ID: await world.bind("code")}, model="p/c")
    assert told["route"] == "code"


async def test_that_no_route_matched_is_a_decision_too(world):
    told, _ = await world.ask("code", PROXY, {ID: await world.bind("neither")})
    assert (told["route"], told["candidates"]) == (None, [])


async def test_an_answer_has_an_id_only_where_one_is_asked_for(world):
    plain, _ = await world.ask("code")
    assert "decision_id" not in plain
    assert len(await world.bind("code")) == 20


async def test_every_answer_has_one_where_the_setting_says_so(serve):
    world = await World(serve).start(always=True)
    assert "decision_id" in (await world.ask("code"))[0]


async def test_a_proxied_request_is_given_none(world):
    told, _ = await world.ask("code", PROXY, {BIND: "true"})
    assert told["id"] is None


async def test_a_decision_is_honoured_for_as_long_as_it_is_held(serve):
    world = await World(serve).start(lifetime_seconds=60)
    ident = await world.bind("code")
    world.now = 59.0
    await world.ask("prose", PROXY, {ID: ident})
    world.now = 61.0
    words, _ = await world.ask("prose", PROXY, {ID: ident}, status=400)
    assert "held for 60 s" in words
    assert "Ask /routing/v1 again, or leave the header out" in words


@pytest.mark.parametrize("ident", ["", "nonsense", "x" * 300, "0" * 20])
async def test_an_id_that_nobody_gave_is_refused_in_words(world, ident):
    words, _ = await world.ask("code", PROXY, {ID: ident}, status=400)
    assert "The decision that x-pointsman-decision-id names is not held" in words


async def test_an_id_is_its_callers_alone(world):
    ident = await world.bind("code", **{"X-Caller": "a"})
    await world.ask("prose", PROXY, {ID: ident, "X-Caller": "a"})
    await world.ask("prose", PROXY, {ID: ident, "X-Caller": "b"}, status=400)
    await world.ask("prose", PROXY, {ID: ident}, status=400)


async def test_a_decision_for_a_model_that_is_gone_is_refused_by_its_name(world):
    ident = await world.bind("code")
    world.models.remove("p/a")
    words, _ = await world.ask("code", PROXY, {ID: ident}, status=400)
    assert "The decision that x-pointsman-decision-id names was for p/a, which is not configured any more" in words


async def test_only_so_many_are_held(serve):
    world = await World(serve).start(max_entries=2)
    first, *others = [await world.bind("code") for _ in range(3)]
    await world.ask("code", PROXY, {ID: first}, status=400)
    for ident in others:
        await world.ask("code", PROXY, {ID: ident})


async def test_the_pin_of_a_session_is_what_is_held_where_there_is_one(world):
    await world.ask("prose", headers={"X-Session-Id": "s"})
    ident = await world.bind("code", **{"X-Session-Id": "s"})
    assert (await world.ask("code", PROXY, {ID: ident}))[0]["route"] == "prose"


async def test_on_paths_where_nothing_is_decided_the_header_means_nothing(serve):
    binding = DecisionBindingFilter(MemoryPinStore(1, 1), lambda _: True, DecisionBindingConfig())
    client = await serve([binding], lambda _: {})
    assert (await client.post("/v1/embeddings", headers={ID: "x"})).status == 200


@pytest.mark.parametrize(
    ("said", "bound"),
    [("true", True), ("TRUE", True), ("1", True), ("yes", True), ("false", False), ("0", False), ("", False)],
)
async def test_an_id_is_asked_for_in_one_of_three_words(world, said, bound):
    told, headers = await world.ask("code", headers={BIND: said})
    assert ("decision_id" in told) is bound
    assert headers.get(ID) == told.get("decision_id")


async def test_a_decision_that_is_bound_itself_is_given_no_id_of_its_own(world):
    ident = await world.bind("code")
    told, headers = await world.ask("prose", headers={ID: ident, BIND: "true"})
    assert (told["route"], "decision_id" in told) == ("code", False)
    assert ID not in headers


async def test_a_decision_for_a_model_of_the_requests_own_routes_is_honoured_though_none_is_configured(world):
    routes = [{"name": "own", "description": "coding", "models": ["any/model"]}]
    told, _ = await world.ask("own", headers={BIND: "true"}, routing_preferences=routes)
    bound, _ = await world.ask("prose", headers={ID: told["decision_id"]})
    assert (bound["route"], bound["model"]) == (told["route"], told["model"]) == ("own", "any/model")


async def test_a_refusal_names_the_header_as_what_was_wrong(world):
    for headers in ({ID: "nonsense"}, {ID: await world.bind("code")}):
        world.models.clear()
        words, _ = await world.ask("code", "/v1/chat/completions", headers, status=400)
        assert json.loads(words)["error"]["param"] == "x-pointsman-decision-id"


async def test_a_callers_name_and_an_id_cannot_be_put_together_otherwise(world):
    ident = await world.bind("code", **{"X-Caller": "a"})
    await world.ask("code", PROXY, {ID: f"a{ident}"}, status=400)
    await world.ask("code", PROXY, {ID: ident[1:], "X-Caller": f"a{ident[0]}"}, status=400)


@pytest.mark.parametrize(
    ("ident", "asked"),
    [
        ("0123456789abcdef0123", 1), ("", 0), ("0" * 19, 0), ("0" * 21, 0), ("0123456789ABCDEF0123", 0),
        ("0123456789abcdefg123", 0), ("0" * 19 + "\udcff", 0), ("0" * 19 + "٣", 0),
    ],
)  # fmt: skip
async def test_no_store_is_asked_for_an_id_that_is_none(serve, ident, asked):
    store = MemoryPinStore(1, 1)
    keys = []

    async def get(key):
        keys.append(key)

    store.get = get
    client = await serve([DecisionBindingFilter(store, lambda _: True, DecisionBindingConfig())])
    assert (await client.post(PROXY, headers={ID: ident})).status == 400
    assert len(keys) == asked


async def test_a_record_names_the_decision_that_was_given_and_the_one_that_was_followed(serve):
    records = []

    class Recording(Filter):
        async def __call__(self, request, handler):
            return await handler(request)

        def on_done(self, request, record):
            records.append(dict(record.attributes))

    binding = DecisionBindingFilter(MemoryPinStore(60, 9), lambda _: True, DecisionBindingConfig())
    classifier = WordClassifier()
    routing = RoutingFilter(classifier.bind(ROUTES), InlineRoutes(classifier), lambda models, _: models, "auto")
    chain = [Recording(), TracingFilter(), binding, SessionPinningFilter(MemoryPinStore(1, 1), bool, ("X-S",))]
    client = await serve([*chain, FormatDetectionFilter(BodyReader()), routing], lambda _: {})
    body = {"messages": [{"role": "user", "content": "code"}]}
    first = await client.post(DECIDE, json=body, headers={BIND: "true"})
    ident = (await first.json())["decision_id"]
    await client.post("/v1/chat/completions", json=body, headers={ID: ident})
    assert records == [{"decision_id": ident}, {"decision_binding": ident}]
