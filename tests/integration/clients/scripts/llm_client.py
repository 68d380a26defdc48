"""The command `llm`: models of OpenAI's kind (both APIs) and of Anthropic's, with tools, shapes and a conversation."""

import json
import os
import subprocess
import sys
from pathlib import Path

from reporting import case, main

MODELS = """
- model_id: gateway
  model_name: {model}
  api_base: {url}/v1
  supports_tools: true
  supports_schema: true
"""
TOOL = """def get_weather(city: str) -> str:
    "Tell the weather of a city"
    return "18C in " + city
"""


def llm(url, model, *words):
    home = Path(os.environ["HOME"]) / "llm"
    home.mkdir(exist_ok=True)
    (home / "extra-openai-models.yaml").write_text(MODELS.format(url=url, model=model))
    environment = {
        **os.environ,
        "LLM_USER_PATH": str(home),
        "OPENAI_API_KEY": "unused",
        "ANTHROPIC_API_KEY": "unused",
        "ANTHROPIC_BASE_URL": url,
    }
    command = Path(sys.executable).parent / "llm"
    ran = subprocess.run([command, *words], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    return ran.stdout.strip()


@case
def prompts(url, model):
    first = llm(url, model, "-m", "gateway", "hello")
    return [first, llm(url, model, "-c", "again"), llm(url, model, "-m", "gateway", "--no-stream", "hello")]


@case
def tools(url, model):
    question = "What is the weather in Oslo and in Rome?"
    return llm(url, model, "-m", "gateway", "--functions", TOOL, question)


@case
def shapes(url, model):
    return json.loads(llm(url, model, "-m", "gateway", "--schema", "town str, people int", "Which town?"))


@case
def anthropics(url, model):
    """The plugin knows its models by name: the gateway has an alias for this one."""
    question = "What is the weather in Oslo and in Rome?"
    return llm(url, model, "-m", "claude-sonnet-4.5", "--functions", TOOL, question)


if __name__ == "__main__":
    main()
