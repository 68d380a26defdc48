import re
from pathlib import Path

import pytest

from filters.findings import sections_in
from filters.section import Section
from gateway.config.model import Config
from gateway.config.plano_unsupported import UNSUPPORTED
from gateway.providers.builtin import BUILTIN
from tests.support.config_files import load

PAGE = (Path(__file__).parents[3] / "docs/configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def all_sections(section: type[Section]) -> set[type[Section]]:
    """Every section of config.yaml, found by walking the fields."""
    inner = {each for field in section.model_fields.values() for each in sections_in(field.annotation)}
    return {section}.union(*(all_sections(each) for each in inner))


@pytest.mark.parametrize("section", sorted(all_sections(Config), key=lambda each: each.__name__))
def test_every_field_appears_in_its_page(section):
    assert [name for name in section.model_fields if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block {number}" for number in range(len(BLOCKS))])
def test_every_block_loads(tmp_path, block):
    standard = "" if "_providers:" in block else BLOCKS[1].removeprefix("version: v0.4.0\n")
    load(tmp_path, standard + block)


def test_every_built_in_provider_is_named():
    assert [name for name in BUILTIN if f"`{name}`" not in PAGE] == []


def test_every_part_that_is_not_there_is_named():
    assert [path[0] for path in UNSUPPORTED if len(path) == 1 and f"`{path[0]}`" not in PAGE] == []
