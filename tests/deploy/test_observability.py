"""The alerts and the dashboard ask for metrics that there are, by labels that they have."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.support.house import ROOT

ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy/grafana/pointsman.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ASKED = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]},
}
SELECTOR = re.compile(r"\b((?:pointsman|gen_ai)_[a-z_]+)\b(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
OF_THE_SCRAPE = {"job", "instance", "le"}


def known():
    """Return the labels of each metric in the table of the manual."""
    metrics = {}
    for row in re.findall(r"^\| (`(?:pointsman|gen_ai)_.*)$", (ROOT / "docs/operating.md").read_text(), re.MULTILINE):
        names, labels, *_ = row.split(" | ")
        for name in re.findall(r"`(\w+)`", names):
            metrics[name] = set(re.findall(r"`(\w+)`", labels))
    generic = metrics["gen_ai_client_token_usage"] - {"gen_ai_token_type"}
    return {name: labels | generic if name.startswith("gen_ai") else labels for name, labels in metrics.items()}


METRICS = known()


def base(name):
    return name if name in METRICS else re.sub(r"_(bucket|count|sum)$", "", name)


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_what_is_asked_for_is_in_the_manual_with_those_labels(asked):
    selectors = [(name, labels) for name, labels in SELECTOR.findall(asked) if not name.startswith("gen_ai_request")]
    assert selectors or "up{" in asked
    assert [name for name, _ in selectors if base(name) not in METRICS] == []
    for name, labels in selectors:
        assert set(re.findall(r"(\w+)[=!]", labels)) <= METRICS[base(name)] | OF_THE_SCRAPE
    grouped = {label.strip() for labels in BY.findall(asked) for label in labels.split(",")}
    assert grouped <= OF_THE_SCRAPE.union(*(METRICS[base(name)] for name, _ in selectors))


def test_an_alert_says_what_happened_and_how_urgent_it_is():
    assert [rule["alert"] for rule in RULES if rule["labels"]["severity"] not in {"page", "ticket"}] == []
    assert [rule["alert"] for rule in RULES if not rule["annotations"]["summary"]] == []
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_panels_do_not_overlap():
    taken = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
    assert max(x for x, _ in taken) < 24


def test_prometheus_scrapes_the_admin_port_with_the_token_of_the_composition():
    [job] = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    gateway = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["gateway"]
    assert f"POINTSMAN_ADMIN_TOKEN={job['authorization']['credentials']}" in gateway["environment"]
    assert job["dns_sd_configs"][0] | {"refresh_interval": ""} == {
        "names": ["gateway"], "type": "A", "port": 9901, "refresh_interval": "",
    }  # fmt: skip


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed; make test-compose has it")
@pytest.mark.parametrize("command", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_is_content(command):
    done = subprocess.run(
        ["promtool", *command], cwd=ROOT / "deploy/prometheus", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
