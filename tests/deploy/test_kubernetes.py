"""The manifests fit the schemas of Kubernetes, and one another."""

import copy

import kubernetes_validate
import pytest
import yaml

from gateway.config.load import load_config
from gateway.version import VERSION
from tests.support.house import ROOT

FOLDER = ROOT / "deploy/kubernetes"
MANIFESTS = [manifest for file in sorted(FOLDER.glob("*.yaml")) for manifest in yaml.safe_load_all(file.read_text())]
OLDEST, NEWEST = "1.29", kubernetes_validate.latest_version()


def of(kind, name="pointsman"):
    [found] = [each for each in MANIFESTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


POD = of("Deployment")["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]


@pytest.fixture
def config(tmp_path):
    """The configuration as a pod reads it."""
    path = tmp_path / "config.yaml"
    path.write_text(of("ConfigMap")["data"]["config.yaml"], encoding="utf-8")
    return load_config(path, of("Secret")["stringData"] | {"POINTSMAN_ADMIN_TOKEN": "a-long-random-one"}).config


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_every_manifest_fits_its_schema_to_the_letter(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_seen():
    wrong = copy.deepcopy(of("Deployment"))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


def test_the_configuration_listens_where_the_ports_and_probes_are(config):
    ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
    assert ports == {"http": config.listeners[0].port, "admin": config.admin.port}
    assert {config.listeners[0].address, config.admin.address} == {"0.0.0.0"}
    probes = [CONTAINER[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert [probe["path"] for probe in probes] == ["/healthz", "/healthz", "/readyz"]
    assert {probe["port"] for probe in probes} == {"http"}


def test_a_pod_has_the_time_to_drain(config):
    limits = config.limits
    assert POD["spec"]["terminationGracePeriodSeconds"] > limits.drain_delay_seconds + limits.drain_seconds
    probe = CONTAINER["readinessProbe"]
    assert limits.drain_delay_seconds > probe["periodSeconds"] * probe["failureThreshold"]


def test_the_image_is_this_version():
    assert CONTAINER["image"] == f"pointsman:{VERSION}"


def test_selectors_find_the_pods_that_they_are_for():
    labels = POD["metadata"]["labels"]
    selectors = [
        of("Deployment")["spec"]["selector"]["matchLabels"],
        of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        of("Service")["spec"]["selector"],
        of("Service", "pointsman-admin")["spec"]["selector"],
    ]
    assert [selector for selector in selectors if not selector.items() <= labels.items()] == []
    redis = of("Deployment", "pointsman-redis")["spec"]["template"]["metadata"]["labels"]
    assert of("Service", "pointsman-redis")["spec"]["selector"].items() <= redis.items()
    assert [selector for selector in selectors if selector.items() <= redis.items()] == []


def test_what_is_named_is_there(config):
    assert of("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == of("Deployment")["metadata"]["name"]
    assert [source["secretRef"]["name"] for source in CONTAINER["envFrom"]] == [of("Secret")["metadata"]["name"]]
    assert config.routing.session_cache.url == "redis://pointsman-redis:6379"
    assert {volume["name"] for volume in POD["spec"]["volumes"]} == {each["name"] for each in CONTAINER["volumeMounts"]}


def test_the_configuration_is_mounted_as_a_folder_so_that_its_changes_are_seen():
    [mount] = [each for each in CONTAINER["volumeMounts"] if each["name"] == "config"]
    assert (mount["mountPath"], "subPath" in mount) == ("/etc/pointsman", False)
