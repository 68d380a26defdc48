import numpy as np

from gateway.evaluation.nearest import concepts
from training.concepts import chosen, write

ROUTES = [("sql", "SQL queries"), ("SQL", "queries in SQL"), ("poems", "verse"), ("trips", "travel"), ("empty", "")]
VECTORS = np.array([[1, 0, 0], [0.98, 0.2, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]], np.float32)


def test_concepts_are_routes_far_from_one_another():
    found = chosen(ROUTES, VECTORS, 3)
    assert len({name.lower() for name, _ in found}) == 3
    assert {"poems", "trips"} < {name for name, _ in found}


def test_routes_that_say_nothing_or_much_are_no_concepts():
    found = chosen([*ROUTES, ("long", "word " * 40)], np.vstack([VECTORS, VECTORS[-1:]]))
    assert sorted(name for name, _ in found) == ["SQL", "poems", "sql", "trips"]


def test_the_page_has_a_line_for_each(tmp_path):
    write(tmp_path / "page.md", [("bug_fix", "broken\ncode"), ("trips", "travel")])
    lines = (tmp_path / "page.md").read_text().splitlines()
    assert lines[-2:] == ["- bug fix: broken code", "- trips: travel"]
    assert lines[0] == "# Concepts"


def test_the_page_of_the_package_is_read_back():
    assert {"name", "description"} <= set(concepts()[0].__dataclass_fields__)
    assert all("_" not in route.name for route in concepts())
