import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.canonical.seal import ANTHROPIC, OPENAI, Sealed, opened, seal, unseal


def test_the_usual_form_is_origin_and_blob():
    assert seal(OPENAI, "gAAAA==") == "gw1.openai.gAAAA=="
    assert unseal("gw1.anthropic.Eqo.B+/=") == Sealed(ANTHROPIC, "Eqo.B+/=")


def test_the_item_id_and_a_redacted_block_travel_along():
    assert seal(OPENAI, "blob", id="rs_1") == "gw1.openai.::rs_1:blob"
    assert seal(ANTHROPIC, "blob", redacted=True) == "gw1.anthropic.:r::blob"


@pytest.mark.parametrize("text", ["", "EqoBCkgIARAB", "gw1.", "gw1.openai", "gw1.mistral.blob", "gw2.openai.blob"])
def test_what_was_not_sealed_here_is_not_unsealed(text):
    assert unseal(text) is None


def test_a_proof_without_the_mark_is_the_callers_own_vendors():
    assert opened("EqoB", ANTHROPIC) == Sealed(ANTHROPIC, "EqoB")
    assert opened(seal(OPENAI, "gAAA"), ANTHROPIC) == Sealed(OPENAI, "gAAA")


@given(
    st.sampled_from([ANTHROPIC, OPENAI]),
    st.text(),
    st.one_of(st.none(), st.text(alphabet=st.characters(codec="utf-8"), min_size=1)),
    st.booleans(),
)
@settings(deadline=None)
def test_whatever_is_sealed_comes_back(origin, blob, item, redacted):
    assert unseal(seal(origin, blob, id=item, redacted=redacted)) == Sealed(origin, blob, item, redacted)
