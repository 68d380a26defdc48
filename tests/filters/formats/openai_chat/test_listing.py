from filters.formats.openai_chat.listing import all_models, one_model

ONE = {"id": "gpt", "object": "model", "created": 0, "owned_by": "openai"}


def test_a_model_has_the_fields_that_the_vendors_types_require():
    assert one_model("gpt", "openai") == ONE


def test_models_are_listed_as_the_vendor_does():
    assert all_models({"gpt": "openai"}) == {"object": "list", "data": [ONE]}
