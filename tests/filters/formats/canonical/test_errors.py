import pytest

from filters.formats.canonical.errors import STATUS_OF_KIND, kind_of


@pytest.mark.parametrize(("kind", "status"), STATUS_OF_KIND.items())
def test_every_kind_has_a_status_of_its_own(kind, status):
    assert kind_of(status) == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(503, "overloaded_error"), (418, "invalid_request_error"), (502, "api_error"), (200, "api_error")],
)
def test_other_statuses_are_the_callers_fault_or_the_servers(status, kind):
    assert kind_of(status) == kind
