import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from filters.errors import DownstreamError
from filters.session_pinning.key import missing_tenant, pin_key, session_id, subagents_of, tenant_of

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
    error = missing_tenant("X-Tenant")
    told = "A request with a session needs the X-Tenant header, since sessions are per tenant here."
    assert (error.status, error.message) == (400, told)
    assert tenant_of(headers(), "X-Tenant", None) is None
    assert tenant_of(headers(X_Tenant="acme"), "X-Tenant", None) == "acme"
    assert tenant_of(headers(X_Tenant="acme"), None, None) is None


def test_the_caller_is_the_tenant_unless_a_header_says_it():
    assert tenant_of(headers(X_Tenant="acme"), None, "ann") == "ann"
    assert tenant_of(headers(X_Tenant="acme"), "X-Tenant", "ann") == "acme"
    assert tenant_of(headers(), "X-Tenant", "ann") is None


VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
KEYS = st.tuples(VISIBLE, VISIBLE, st.tuples(st.just("") | VISIBLE, st.just("") | VISIBLE))


@given(KEYS, KEYS)
def test_no_two_triples_of_session_tenant_and_subagents_share_a_key(one, other):
    assert (pin_key(*one) == pin_key(*other)) is (one == other)


@given(VISIBLE, KEYS)
def test_no_plain_session_can_name_that_of_a_subagent(plain, other):
    session, _, subagents = other
    assert (pin_key(plain) == pin_key(session, None, subagents)) is (plain == session and not any(subagents))


def test_a_tenant_cannot_name_the_session_of_another():
    assert pin_key("b:c", "a") != pin_key("c", "a:b")
    assert pin_key("bc", "a") != pin_key("c", "ab")
    assert pin_key("s", None) == "s"
    assert pin_key("s", "a", ("x", "")) == "a s x "
    assert pin_key("s", None, ("", "x")) == " s  x"


def test_a_subagent_has_a_session_of_its_own():
    names = ("x-claude-code-agent-id", "x-openai-subagent")
    parent = subagents_of(headers(), names)
    child = subagents_of(headers(x_claude_code_agent_id="agent-7"), names)
    assert pin_key("s", None, parent) == "s"
    assert pin_key("s", None, child) != "s"
    with pytest.raises(DownstreamError, match="x-openai-subagent"):
        subagents_of(headers(x_openai_subagent="a b"), names)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([""], "The X-Session-Id header is empty; it must be 1 to 256 visible ASCII characters."),
        (
            ["a b"],
            (
                "The X-Session-Id header holds a space, a control character or something that is not ASCII; "
                "it must be 1 to 256 visible ASCII characters."
            ),
        ),
        (["x" * 257], "The X-Session-Id header is 257 characters long; the most is 256."),
        (["a", "b"], "The X-Session-Id header is there 2 times; it must be there once."),
        (["a", "a", "a"], "The X-Session-Id header is there 3 times; it must be there once."),
    ],
)
def test_a_refusal_says_which_header_what_is_wrong_with_it_and_what_would_be_right(values, told):
    sent = CIMultiDictProxy(CIMultiDict([("X-Session-Id", value) for value in values]))
    with pytest.raises(DownstreamError) as caught:
        session_id(sent, NAMES)
    assert (caught.value.status, caught.value.message) == (400, told)
