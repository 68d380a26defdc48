"""The page of lessons names tests that exist."""

import re

import pytest

from tests.support.house import ROOT

PAGE = (ROOT / "docs/field-lessons.md").read_text()


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PAGE))))
def test_a_test_that_is_named_exists(named):
    path, _, name = named.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_every_lesson_names_what_holds_it():
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ") and "what went wrong" not in line]
    assert len(rows) > 40
    assert [row[1] for row in rows if not row[2].strip()] == []
