import pytest

from gateway.config.foreign import foreign_form, foreign_key


@pytest.mark.parametrize(
    "text",
    ["os.environ/MY_KEY", "env.MY_KEY", "process.env.MY_KEY", "env:MY_KEY", "$env:MY_KEY", "%MY_KEY%",
     "os.getenv('MY_KEY')", 'os.environ["MY_KEY"]', "os.environ.get('MY_KEY')"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["secret", "header", "address", "port", "model"])
def test_another_tools_form_is_answered_with_ours(text, kind):
    assert foreign_form(text, kind).endswith("write $MY_KEY")


@pytest.mark.parametrize(
    "text", ["{env:HOST}", "http://{env:HOST}:1", "{{ HOST }}", "{{ env.HOST }}", "${{ secrets.HOST }}", "$(HOST)"]
)
def test_a_form_inside_of_a_value_is_answered_too(text):
    assert foreign_form(text, "address").endswith("write ${HOST}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Bearer $OPENAI_API_KEY", "added when a request is sent; write $OPENAI_API_KEY"),
        ("bearer ${KEY}", "write ${KEY}"),
        ("Bearer sk-secret", "write the key alone"),
        ("Basic abc", "holds the scheme"),
        ('"sk-secret"', "holds quotes"),
        ("'$KEY'", "holds quotes"),
        ("sk- secret", "holds a space"),
        ("OPENAI_API_KEY", "is the name of a variable; its value is $OPENAI_API_KEY"),
        ("<your key>", "is a placeholder"),
        ("YOUR_KEY", "is the name of a variable"),
        ("your-api-key-here", "is a placeholder"),
        ("sk-...", "is a placeholder"),
        ("xxxxxxxx", "is a placeholder"),
    ],
)
def test_a_key_stands_alone_and_is_not_repeated(text, message):
    found = foreign_form(text, "secret")
    assert message in found
    assert "secret" not in found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$KEY", "secret"), ("${KEY}", "secret"), ("${KEY:-d}", "secret"), ("sk-1", "secret"), ("k", "secret"),
        ("unused", "secret"), ("AKIAIOSFODNN7EXAMPLE", "secret"), ("a\nb", "secret"),
        ("file:/run/key", "secret"), ("Bearer $KEY", "header"), ("environment.prod", "header"),
        ("https://api.example.com/v1", "address"), ("https://h/a%20b%20c", "address"), ("openai/gpt-4o", "model"),
    ],
)  # fmt: skip
def test_what_is_right_passes(text, kind):
    assert foreign_form(text, kind) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [("model_list", "model_providers"), ("router_settings", "routing_preferences"), ("Providers", "model_providers")],
)
def test_a_key_of_another_tools_file_is_told_with_ours(name, told):
    assert told in foreign_key(name)


def test_any_other_key_is_nobodys():
    assert foreign_key("model_provider") is None
