from filters.formats.anthropic_messages.listing import all_models, one_model

ONE = {"type": "model", "id": "claude", "display_name": "claude", "created_at": "1970-01-01T00:00:00Z"}


def test_a_model_has_the_fields_that_the_vendors_types_require():
    assert one_model("claude", "openai") == ONE


def test_models_are_listed_as_the_vendor_does():
    page = all_models({"claude": "a", "haiku": "a"})
    assert page["data"][0] == ONE
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("claude", "haiku", False)
