from gateway.config.model import Config
from gateway.config.schema import config_schema


def test_every_field_of_every_section_is_described():
    schema = config_schema()
    for name, section in {"Config": schema, **schema["$defs"]}.items():
        for field, of in section.get("properties", {}).items():
            referred = schema["$defs"].get(of.get("$ref", "").rpartition("/")[2], {})
            assert of.get("description") or referred.get("description"), f"{name}.{field}"


def test_unknown_keys_are_refused_in_editors_too():
    schema = config_schema()
    for section in (schema, *schema["$defs"].values()):
        assert "enum" in section or section["additionalProperties"] is False


def test_plano_s_older_words_are_accepted_and_marked():
    schema = config_schema()
    assert schema["properties"]["llm_providers"]["deprecated"] is True
    assert schema["$defs"]["Listener"]["properties"]["timeout"]["deprecated"] is True
    assert schema["anyOf"] == [{"required": ["model_providers"]}, {"required": ["llm_providers"]}]


def test_addresses_may_be_references():
    url = config_schema()["$defs"]["SessionCacheConfig"]["properties"]["url"]
    assert {"type": "string"} in url["anyOf"]


def test_the_schema_of_the_model_itself_is_not_changed():
    config_schema()
    assert "llm_providers" not in Config.model_json_schema()["properties"]


def test_every_section_of_the_file_is_described():
    schema = config_schema()
    assert [name for name, each in schema["properties"].items() if not each.get("description")] == []
    assert schema["$defs"]["RoutingSection"]["properties"]["session_cache"]["description"]
