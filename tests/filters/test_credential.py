import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from filters.credential import Credential, Secret

SECRET = TypeAdapter(Secret)


def test_a_string_becomes_a_credential_that_shows_itself_nowhere():
    credential = SECRET.validate_python("sk-1")
    assert credential.reveal() == "sk-1"
    assert "sk-1" not in f"{credential} {credential!r}"


def test_an_unset_variable_is_remembered_by_name():
    unset = Credential(None, "KEY")
    assert unset.reveal() is None
    assert SECRET.validate_python(unset) is unset
    assert Credential(SecretStr("x")).variable is None


@pytest.mark.parametrize("value", ["", "a\nb", "a\r\nX: y", "a\x00", 5, None, {"secret": "x"}])
def test_what_cannot_be_sent_in_a_header_is_refused_unseen(value):
    with pytest.raises(ValidationError) as raised:
        SECRET.validate_python(value, strict=True)
    assert "X: y" not in str(raised.value.errors(include_input=False))


def test_editors_see_a_string():
    assert SECRET.json_schema() == {"type": "string"}
