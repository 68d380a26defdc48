"""docs/operating.md names every metric with its labels."""

import re
from pathlib import Path

import pytest

from gateway.telemetry.prometheus.counts import Family
from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.gauges import Readings, gauge_families
from gateway.telemetry.prometheus.names import Names
from tests.support.gateway import config_text, load

PAGE = (Path(__file__).parents[4] / "docs/operating.md").read_text(encoding="utf-8")
RELOAD = {"outcome": "changed", "at": 0.0, "generation": 1}
ROWS = {
    name: row
    for row in PAGE.splitlines()
    if row.startswith("| `")
    for name in re.findall(r"`(\w+)`", row.split("|")[1])
}


def families():
    return {family.name: family for family in Families().collect()}


@pytest.mark.parametrize("name", sorted(families()))
def test_every_metric_is_in_the_manual(name):
    assert (f"{name}_total" if families()[name].type == "counter" else name) in ROWS


def test_so_is_every_gauge(tmp_path):
    names = Names(load(tmp_path, config_text([{"model": "openai/gpt"}])))
    for pins in ({"entries": 1}, {"available": True, "failures": 0, "skipped": 0}):
        for family in gauge_families(Readings(pins=pins, reload=RELOAD), names):
            assert (f"{family.name}_total" if family.type == "counter" else family.name) in ROWS


def test_every_label_is_named_beside_its_metric():
    page = {name: set(re.findall(r"`(\w+)`", row.split("|")[2])) for name, row in ROWS.items()}
    for family in vars(Families()).values():
        if isinstance(family, Family) and not family.name.startswith("gen_ai"):
            name = family.name if family.name in page else f"{family.name}_total"
            assert set(family.labels) == page[name], name
