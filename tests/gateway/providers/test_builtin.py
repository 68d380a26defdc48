import pytest

from gateway.providers.builtin import BUILTIN, INTERFACES


@pytest.mark.parametrize(("name", "builtin"), BUILTIN.items(), ids=list(BUILTIN))
def test_a_built_in_address_has_a_scheme_and_no_slash_at_its_end(name, builtin):
    assert builtin.base_url is None or builtin.base_url.startswith(("https://", "http://localhost:"))
    assert builtin.base_url is None or not builtin.base_url.endswith("/")
    assert builtin.formats


PLANO_INTERFACES = """
plano claude deepseek groq mistral openai xiaomi gemini chatgpt digitalocean vercel openrouter moonshotai
"""


@pytest.mark.parametrize("name", PLANO_INTERFACES.split())
def test_every_interface_that_plano_names_is_known(name):
    assert name in INTERFACES
