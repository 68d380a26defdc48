"""Configurations to measure, written as files that `pointsman up` reads. (JSON is YAML.)"""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.prompts import descriptions

_MODELS = ("openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4-20250514")


def write(folder: Path, port: int, routes: int = 2, admin: Mapping[str, int] | None = None, **routing: int) -> Path:
    """Write a configuration with so many routes, and return its path; `admin` and `routing` are those sections."""
    config = {
        "version": "v0.4.0",
        "listeners": [{"type": "model", "name": "bench", "address": "127.0.0.1", "port": port}],
        "model_providers": [
            {"model": model, "access_key": "no-key", "default": model is _MODELS[0]} for model in _MODELS
        ],
        "routing_preferences": [
            {"name": name, "description": text, "models": [_MODELS[number % 3]]}
            for number, (name, text) in enumerate(descriptions(routes))
        ],
        "routing": {"embedded": {"encoder": "fast"}, **routing},
    }
    if admin is not None:
        config["admin"] = admin
    path = folder / f"{routes}-{port}.yaml"
    path.write_text(json.dumps(config, indent=2))
    return path
