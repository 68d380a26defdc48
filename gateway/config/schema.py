"""JSON Schema of config.yaml, for editors: what the models say, and Plano's older words, marked as deprecated."""

from typing import Any, Final

from gateway.config.model import Config
from gateway.config.sections import RoutingSection

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> Schema:
    """Return the schema of config.yaml."""
    schema = Config.model_json_schema()
    sections = schema["$defs"]
    schema["properties"] |= {
        "llm_providers": _old("model_providers", schema["properties"]["model_providers"]),
        "overrides": _old("keys of routing, routing.llm and limits", {"type": "object"}),
    }
    schema["required"] = []
    for name in ("tracing", "cors", "counters"):
        schema["properties"][name]["description"] = Config.model_fields[name].description
    routing = sections["RoutingSection"]["properties"]
    routing["session_cache"]["description"] = RoutingSection.model_fields["session_cache"].description
    schema["anyOf"] = [{"required": [key]} for key in ("model_providers", "llm_providers")]
    _also(schema["properties"]["listeners"], {"type": "object"})
    _also(schema["properties"]["model_metrics_sources"]["items"], _OLD_SOURCE)
    sections["Listener"]["properties"] |= {
        "timeout": _old("limits.first_byte_timeout_seconds", {"type": ["string", "number"]}),
        "max_retries": _old("limits.max_retries", {"type": "integer"}),
    }
    sections["ModelProvider"]["properties"]["routing_preferences"] = _old(
        "the routing_preferences at the top", {"type": "array", "items": {"type": "object"}}
    )
    sections["RoutingSection"]["properties"] |= {
        key: _old("routing.llm.model", {"type": "string"}) for key in ("llm_provider", "model_provider", "model")
    }
    return {"$schema": DIALECT, **schema, "patternProperties": {"^x-": {}}, "title": "Pointsman's config.yaml"}


_OLD_SOURCE: Final[Schema] = {
    "type": "object",
    "deprecated": True,
    "properties": {"type": {"enum": ["digitalocean_pricing", "cost_metrics", "prometheus_metrics"]}},
    "required": ["type"],
}


def _old(today: str, schema: Schema) -> Schema:
    return {**schema, "deprecated": True, "description": f"Plano's word for {today}."}


def _also(schema: Schema, other: Schema) -> None:
    """Let a schema accept another form too."""
    told = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    first = dict(schema)
    schema.clear()
    schema.update(told | {"anyOf": [first, other]})
