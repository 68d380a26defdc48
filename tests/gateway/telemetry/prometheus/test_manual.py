"""docs/operating.md names every metric with its labels."""

import re
from pathlib import Path

import pytest

from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.gauges import Readings, gauge_families
from gateway.telemetry.prometheus.names import Names
from tests.support.gateway import config_text, load

PAGE = (Path(__file__).parents[4] / "docs/operating.md").read_text(encoding="utf-8")
ROWS = {
    name: row
    for row in PAGE.splitlines()
    if row.startswith("| `")
    for name in re.findall(r"`(\w+)`", row.split("|")[1])
}


def families():
    registry = Families().registry
    return {family.name: family for family in registry.collect()}


@pytest.mark.parametrize("name", sorted(families()))
def test_every_metric_is_in_the_manual(name):
    assert (f"{name}_total" if families()[name].type == "counter" else name) in ROWS


def test_so_is_every_gauge(tmp_path):
    names = Names(load(tmp_path, config_text([{"model": "openai/gpt"}])))
    for pins in ({"entries": 1}, {"available": True, "failures": 0, "skipped": 0}):
        for family in gauge_families(Readings(pins=pins), names):
            assert (f"{family.name}_total" if family.type == "counter" else family.name) in ROWS


def test_every_label_is_named_beside_its_metric():
    page = {name: set(re.findall(r"`(\w+)`", row.split("|")[2])) for name, row in ROWS.items()}
    made = vars(Families())
    for series in made.values():
        family = getattr(series, "_family", None)
        if family is None or family._name.startswith("gen_ai"):
            continue
        name = f"{family._name}_total" if family._type == "counter" else family._name
        assert set(family._labelnames) == page[name], name
