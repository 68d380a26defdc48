import pytest

from filters.counters import CountersConfig
from filters.resilience.circuit_breaker import BreakerPolicy
from gateway.config.decision_log import DecisionLogSection
from gateway.config.sections import Limits, Resilience, RoutingSection
from tests.support.config_files import PROVIDERS, load, problems


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("listeners: [{port: 65536}]", "listeners[0].port: must be less than or equal to 65535"),
        ("listeners: [{port: http}]", "listeners[0].port: must be a whole number"),
        ("listeners: [{type: modl}]", "listeners[0].type: 'modl' is not one of model; did you mean 'model'?"),
        ("listeners: []", "listeners: must not be empty"),
        ("limits: {max_body_bytes: 0}", "limits.max_body_bytes: must be greater than or equal to 1"),
        ("limits: []", "limits: must be a mapping"),
        ("limits:", "limits: has no value; leave the key out for its default"),
        ("passthrough_paths: [{path: }]", "passthrough_paths[0].path: has no value, and is required"),
        ("api_keys: [{name: a, hash: }]", "hash: has no value, and is required; `pointsman keys new` prints a key"),
        ("api_keys: [{name: a}]", "api_keys[0].hash: is missing; `pointsman keys new` prints a key and its hash"),
        ("api_keys: [{name: a, hash: x}]", "api_keys[0].hash: must be sha256: and 64 hex digits; `pointsman keys new`"),
        (f"api_keys: [{{name: a b, hash: sha256:{64 * '0'}}}]", "api_keys[0].name: must be printable ASCII"),
        ("passthrough_paths: [{path: /v2/x}]", "passthrough_paths[0].path: must begin with /v1/ and hold letters"),
        ("admin: {prt: 1}", "admin.prt: unknown key; did you mean 'port'?"),
        ("admin: {address: 0.0.0.0}", "admin: others can reach 0.0.0.0, so it needs a token: token: $NAME"),
        ("admin: {address: '::'}", "admin: others can reach ::, so it needs a token"),
        (
            "admin: {address: 0.0.0.0, token: $NOT_SET}",
            "admin: the environment variable NOT_SET of the token is not set",
        ),
        ("admin: {token: $NOT_SET}", "admin: the environment variable NOT_SET of the token is not set"),
        ("api_keys: []", "api_keys: must not be empty; leave the key out where everybody may call"),
        ("admin: {address: 127.evil.example}", "admin: others can reach 127.evil.example, so it needs a token"),
        ("admin: {address: 10.0.0.1}", "admin: others can reach 10.0.0.1, so it needs a token: token: $NAME"),
        ("passthrough_paths: [{path: /v1/x*y}]", "passthrough_paths[0].path: must begin with /v1/ and hold letters"),
        ("passthrough_paths: [/v2/x]", "passthrough_paths[0]: must begin with /v1/ and hold letters"),
        ("passthrough_paths: [{path: /v1/x, methods: [HEAD]}]", "methods[0]: 'HEAD' is not one of GET, POST, PUT"),
        ("resilience: {retry_budget_percent: 101}", "retry_budget_percent: must be less than or equal to 100"),
        ("listeners: [{name: ''}]", "listeners[0].name: must not be empty"),
        ("listeners: [{address: 'http://h'}]", "listeners[0].address: 'http://h' is a URL; give the host"),
        ("model_aliases: {a: gpt-4o}", "model_aliases.a: must be a mapping"),
        ("model_aliases: {a: {}}", "model_aliases.a.target: is missing"),
    ],
)
def test_a_wrong_section_is_refused_at_its_key(tmp_path, section, message):
    (problem,) = problems(tmp_path, PROVIDERS + section + "\n")
    assert message in problem


@pytest.mark.parametrize(
    "section",
    ["{}", "{address: localhost}", "{address: '::1'}", "{address: 127.0.0.2}", "{address: 0.0.0.0, token: $TOKEN}"],
)
def test_an_admin_listener_that_others_cannot_use_loads(tmp_path, section):
    assert problems(tmp_path, f"{PROVIDERS}admin: {section}\n", {"TOKEN": "secret"}) == []


SECTIONS = {
    "limits": Limits,
    "resilience": Resilience,
    "routing": RoutingSection,
    "counters": CountersConfig,
    "decision_log": DecisionLogSection,
}


def bounds(section):
    """Give each field of a section that is a number: its name, its least value, and whether that itself is refused."""
    for name, shape in SECTIONS[section].model_json_schema()["properties"].items():
        if shape.get("type") in {"integer", "number"} and not {"minimum", "exclusiveMinimum"}.isdisjoint(shape):
            least = shape.get("minimum", shape.get("exclusiveMinimum"))
            yield pytest.param(section, name, least, "exclusiveMinimum" in shape, id=f"{section}.{name}")


NUMBERS = [each for section in SECTIONS for each in bounds(section)]


def test_there_are_numbers_to_try():
    assert len(NUMBERS) >= 30


@pytest.mark.parametrize(("section", "name", "least", "refused"), NUMBERS)
def test_a_number_below_its_least_is_refused_at_its_key_and_the_least_is_taken(tmp_path, section, name, least, refused):
    below = least if refused else least - 1
    (problem,) = problems(tmp_path, f"{PROVIDERS}{section}: {{{name}: {below}}}\n")
    assert f"{section}.{name}: must be greater than {'' if refused else 'or equal to '}{least}" in problem
    taken = least + 1 if refused else least
    assert [each for each in problems(tmp_path, f"{PROVIDERS}{section}: {{{name}: {taken}}}\n") if name in each] == []


@pytest.mark.parametrize(("section", "name", "least", "refused"), NUMBERS)
@pytest.mark.parametrize("value", ["many", "[1]", "{a: 1}", "true", ".nan", ".inf", "'10'"])
def test_what_is_no_number_is_refused_at_its_key(tmp_path, section, name, least, refused, value):
    (problem,) = problems(tmp_path, f"{PROVIDERS}{section}: {{{name}: {value}}}\n")
    assert f"{section}.{name}: must be a" in problem


def test_a_policy_of_ejection_is_what_the_section_says():
    section = Resilience(consecutive_failures=3, ejection_seconds=7, max_ejection_seconds=70)
    assert section.ejection == BreakerPolicy(3, 7, 70)


@pytest.mark.parametrize("written", ["/v1/files*", "{path: /v1/files*}"])
def test_a_path_may_stand_alone(tmp_path, written):
    (path,) = load(tmp_path, f"{PROVIDERS}passthrough_paths: [{written}]\n").config.passthrough_paths
    assert (path.path, path.methods, path.model) == ("/v1/files*", ("GET", "POST"), None)
