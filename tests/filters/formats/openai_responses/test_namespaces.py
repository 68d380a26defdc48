"""Names of tools in namespaces."""

import pytest

from filters.formats.openai_responses.namespaces import full_name, short_name


@pytest.mark.parametrize(
    ("namespace", "name", "full"),
    [("crm", "find", "crm__find"), ("mcp__crm__", "find", "mcp__crm__find"), (None, "find", "find"), ("", "f", "f")],
)
def test_a_namespace_is_put_on_and_taken_off(namespace, name, full):
    assert full_name(namespace, name) == full
    assert short_name(namespace, full) == name
