"""The compose profile `envoy` and the recipe that it mounts name the same places."""

import re

import yaml

from gateway.cli.lint import lint_routes
from gateway.config.load import load_config
from gateway.runtime.classifiers import Learned
from tests.support.envoy import RECIPES, ROOT, cluster_of, recipe

SERVICES = {
    name: service
    for name, service in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].items()
    if service.get("profiles") == ["envoy"]
}


def ports(cluster):
    localities = cluster_of(recipe("ext_proc"), cluster)["load_assignment"]["endpoints"]
    endpoints = [each["endpoint"] for locality in localities for each in locality["lb_endpoints"]]
    return [each["address"]["socket_address"]["port_value"] for each in endpoints]


def test_the_processors_and_providers_are_where_the_recipe_looks():
    commands = [" ".join(service["command"]) for name, service in SERVICES.items() if name != "envoy"]
    listening = {int(re.search(r"(?:127.0.0.1:|--port )(\d+)$", command)[1]) for command in commands}
    assert listening == {port for cluster in ("pointsman", "openai", "anthropic") for port in ports(cluster)}
    assert {service["network_mode"] for name, service in SERVICES.items() if name != "envoy"} == {"service:envoy"}


def test_envoys_own_port_alone_is_reached_from_outside():
    [change] = re.findall(r"sed 's/(.*?)/(.*?)/'", SERVICES["envoy"]["command"][0])
    text = (RECIPES / "ext_proc.yaml").read_text()
    assert text.count(change[0]) == 1
    assert change[1] == change[0].replace("127.0.0.1", "0.0.0.0")
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["envoy"]


def test_the_configuration_loads_and_has_a_cluster_for_every_provider():
    loaded = load_config(RECIPES / "config.yaml", {})
    config = loaded.config
    assert (config.unset_keys, loaded.warnings, list(lint_routes(loaded, Learned(config).deciding))) == ((), (), [])
    for name in ("ext_proc", "ext_authz"):
        clusters = {each["name"] for each in recipe(name)["static_resources"]["clusters"]}
        assert {provider.prefix for provider in config.providers} <= clusters
