"""What is served besides."""


async def test_embeddings_differ_with_the_text(provider, openai):
    answer = await openai.embeddings.create(model="e", input=["a", "b"], encoding_format="float")
    assert answer.data[0].embedding != answer.data[1].embedding


async def test_models_are_listed_in_the_shape_of_the_caller(openai, anthropic):
    names = ["fake-small", "fake-large"]
    assert [model.id async for model in openai.models.list()] == names
    assert [model.id async for model in anthropic.models.list()] == names
