import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from filters.errors import DownstreamError
from filters.session_pinning.key import pin_key, session_id, tenant_of

NAMES = ("X-Session-Id", "X-Model-Affinity")


def headers(**values):
    return CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in values.items()}))


def test_no_header_is_no_session():
    assert session_id(headers(), NAMES) is None


def test_the_first_named_header_counts():
    assert session_id(headers(X_Model_Affinity="two"), NAMES) == "two"
    assert session_id(headers(X_Model_Affinity="two", X_Session_Id="one"), NAMES) == "one"


@pytest.mark.parametrize("ident", ["a", "!~", "x" * 256, "a:b/c"])
def test_one_to_256_visible_ascii_characters_are_an_id(ident):
    assert session_id(headers(X_Session_Id=ident), NAMES) == ident


@pytest.mark.parametrize("ident", ["", " ", "a b", "x" * 257, "ümlaut", "tab\t", "del\x7f"])
def test_anything_else_is_refused_by_the_name_of_the_header(ident):
    with pytest.raises(DownstreamError, match="X-Session-Id") as caught:
        session_id(headers(X_Session_Id=ident), NAMES)
    assert caught.value.status == 400
    assert "umlaut" not in caught.value.message


def test_a_tenant_is_required_where_sessions_are_scoped():
    with pytest.raises(DownstreamError, match="X-Tenant"):
        tenant_of(headers(), "X-Tenant")
    assert tenant_of(headers(X_Tenant="acme"), "X-Tenant") == "acme"


@given(st.tuples(st.text(min_size=1), st.text(min_size=1)), st.tuples(st.text(min_size=1), st.text(min_size=1)))
def test_no_two_pairs_of_tenant_and_session_share_a_key(one, other):
    assert (pin_key(one[1], one[0]) == pin_key(other[1], other[0])) is (one == other)


def test_a_tenant_cannot_name_the_session_of_another():
    assert pin_key("b:c", "a") != pin_key("c", "a:b")
    assert pin_key("s", None) == "s"
