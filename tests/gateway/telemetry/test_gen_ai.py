import pytest

from gateway.telemetry.gen_ai import operation_name, provider_name


@pytest.mark.parametrize(
    ("prefix", "name"), [("openai", "openai"), ("gemini", "gcp.gemini"), ("xai", "x_ai"), ("vllm", "vllm")]
)
def test_a_provider_has_the_name_that_the_conventions_give_it(prefix, name):
    assert provider_name(prefix) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/messages", "chat"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/completions", "text_completion"),
    ],
)
def test_so_has_an_operation(path, name):
    assert operation_name(path) == name
