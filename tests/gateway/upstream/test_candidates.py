import orjson
import pytest

from filters.context import ChatRequest, Decision
from filters.errors import DownstreamError
from gateway.upstream.candidates import Candidates
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt-4o"},
    {"model": "openai/gpt-4o-mini", "default": "true"},
    {"model": "anthropic/claude"},
    {"model": "groq/*"},
]


@pytest.fixture
def candidates(tmp_path):
    return Candidates(load(tmp_path, config_text(PROVIDERS, model_aliases="{fast: {target: openai/gpt-4o-mini}}")))


def chat(model):
    return ChatRequest("openai_chat", {"model": model}, b"", decision_only=False)


def models(found):
    return [candidate.model for candidate in found]


def test_a_match_gives_its_candidates_whatever_model_was_named(candidates):
    decision = Decision("code", ("anthropic/claude", "openai/gpt-4o"), "embedded")
    assert models(candidates.of_chat(chat("openai/gpt-4o-mini"), decision)) == ["anthropic/claude", "openai/gpt-4o"]


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("gpt-4o", "openai/gpt-4o"),
        ("fast", "openai/gpt-4o-mini"),
        ("groq/llama-3", "groq/llama-3"),
        ("auto", "openai/gpt-4o-mini"),
        ("none", "openai/gpt-4o-mini"),
        (None, "openai/gpt-4o-mini"),
    ],
)
def test_with_no_match_the_named_model_serves_or_the_default(candidates, named, model):
    assert models(candidates.of_chat(chat(named), Decision(None, (), "embedded"))) == [model]


def test_the_provider_calls_the_model_by_its_own_name(candidates):
    assert candidates.of_name("groq/llama-3").model_id == "llama-3"


@pytest.mark.parametrize("named", ["gpt-5", "anthropic/gpt-4o", "nobody/x"])
def test_an_unknown_model_is_a_404_that_names_it_and_lists_what_there_is(candidates, named):
    with pytest.raises(
        DownstreamError, match="openai/gpt-4o, openai/gpt-4o-mini, anthropic/claude, groq/\\*, fast, auto"
    ) as e:
        candidates.of_name(named)
    assert (e.value.status, e.value.code, e.value.param) == (404, "model_not_found", "model")
    assert e.value.message.startswith(f"There is no model '{named}'")


@pytest.mark.parametrize(("named", "meant"), [("openai/gpt-4p", "openai/gpt-4o"), ("fasst", "fast"), ("AUTO", "auto")])
def test_the_nearest_name_is_suggested(tmp_path, named, meant):
    aliases = "{fast: {target: openai/gpt-4o}}"
    candidates = Candidates(load(tmp_path, config_text([{"model": "openai/gpt-4o"}], model_aliases=aliases)))
    with pytest.raises(DownstreamError, match=f"no model '{named}'; did you mean '{meant}'\\? There are: "):
        candidates.of_name(named)


def test_a_name_that_several_models_have_is_a_404_that_says_which(tmp_path):
    providers = [{"model": "openai/gpt-4o"}, {"model": "eu/gpt-4o", "base_url": "http://h"}]
    with pytest.raises(DownstreamError, match="'gpt-4o' may be any of openai/gpt-4o, eu/gpt-4o; name one") as e:
        Candidates(load(tmp_path, config_text(providers))).of_name("gpt-4o")
    assert (e.value.status, e.value.code) == (404, "model_not_found")


def holding(part):
    body = {"model": "auto", "messages": [{"role": "user", "content": [part]}]}
    return ChatRequest("openai_chat", body, orjson.dumps(body), decision_only=False)


IMAGE, AUDIO, FILE = {"type": "image_url"}, {"type": "input_audio"}, {"type": "file"}


@pytest.mark.parametrize(
    ("model", "part", "lacking"),
    [
        ("groq/openai/gpt-oss-120b", IMAGE, "image"),
        ("groq/llama-3.3-70b-versatile", FILE, "pdf"),
        ("openai/gpt-4o", AUDIO, "audio"),
    ],
)
def test_a_kind_of_input_that_the_model_lacks_is_refused_with_what_mends_it(candidates, model, part, lacking):
    with pytest.raises(DownstreamError, match=f"{model} takes no {lacking} input.*options.input_modalities") as e:
        candidates.of_name(model).refuse_beyond(holding(part))
    assert e.value.status == 400


@pytest.mark.parametrize(
    ("model", "part"), [("openai/gpt-4o", IMAGE), ("openai/gpt-4o", FILE), ("groq/who-knows", IMAGE)]
)
def test_what_the_model_takes_or_is_not_known_of_passes(candidates, model, part):
    candidates.of_name(model).refuse_beyond(holding(part))


def of_length(size):
    raw = b"x" * size
    return ChatRequest("openai_chat", {"messages": []}, raw, decision_only=False)


def test_a_prompt_that_cannot_fit_is_refused_in_words_that_clients_act_on(candidates):
    with pytest.raises(DownstreamError, match="prompt is too long: at least 131250 tokens > 128000 maximum") as e:
        candidates.of_name("openai/gpt-4o").refuse_beyond(of_length(1_050_000))
    assert (e.value.status, e.value.code) == (400, "context_length_exceeded")
    candidates.of_name("openai/gpt-4o").refuse_beyond(of_length(1_000_000))
    candidates.of_name("groq/who-knows").refuse_beyond(of_length(9_000_000))


def test_without_a_default_an_open_choice_is_a_404_that_says_how_to_make_one(tmp_path):
    config = load(tmp_path, config_text([{"model": "openai/a"}, {"model": "openai/b"}]))
    with pytest.raises(DownstreamError) as caught:
        Candidates(config).of_name("auto")
    assert caught.value.message == (
        "No route matches, the request names no model, and no provider is marked `default: true`. "
        "There are: openai/a, openai/b, auto."
    )
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")


@pytest.mark.parametrize("name", ["groq/" + "x" * 252, "groq/a\nb", "groq/a\0", "\u2028"])
def test_what_no_model_is_called_reaches_no_wildcard(candidates, name):
    with pytest.raises(DownstreamError, match="at most 256 characters, none of them a control character") as caught:
        candidates.of_name(name)
    assert (caught.value.status, caught.value.param) == (400, "model")


def test_a_model_may_be_called_in_any_script(candidates):
    assert candidates.of_name("groq/модель").model_id == "модель"
    assert candidates.of_name("groq/" + "x" * 251).model_id == "x" * 251, "256 characters are a name"


@pytest.mark.parametrize(("count", "told"), [(49, "."), (50, " and 1 more."), (60, " and 11 more.")])
def test_a_long_list_of_models_is_cut_and_says_so(tmp_path, count, told):
    config = load(tmp_path, config_text([{"model": f"openai/m{number}"} for number in range(count)]))
    with pytest.raises(DownstreamError) as caught:
        Candidates(config).of_name("nobody/x")
    listed = caught.value.message.partition("There are: ")[2]
    assert listed.endswith(told)
    assert listed.count(", ") == 49


def test_who_reads_images_is_handed_a_pdf_and_no_sound(tmp_path):
    entry = {"model": "openai/own", "options": "{input_modalities: [image]}"}
    own = Candidates(load(tmp_path, config_text([entry]))).of_name("openai/own")
    for part in (IMAGE, FILE):
        own.refuse_beyond(holding(part))
    with pytest.raises(DownstreamError) as caught:
        own.refuse_beyond(holding(AUDIO))
    assert caught.value.message == (
        "openai/own takes no audio input. "
        "Where that is not so, `options.input_modalities` of its provider says what it takes."
    )


def test_every_kind_that_the_model_lacks_is_named(candidates):
    body = {"model": "auto", "messages": [{"role": "user", "content": [AUDIO, IMAGE]}]}
    asked = ChatRequest("openai_chat", body, orjson.dumps(body), decision_only=False)
    with pytest.raises(DownstreamError, match="takes no audio and no image input"):
        candidates.of_name("groq/llama-3.3-70b-versatile").refuse_beyond(asked)


def test_a_prompt_with_an_image_is_not_measured_by_its_bytes(candidates):
    body = {"messages": [{"role": "user", "content": [IMAGE, {"type": "text", "text": "x" * 2_000_000}]}]}
    asked = ChatRequest("openai_chat", body, orjson.dumps(body), decision_only=False)
    candidates.of_name("openai/gpt-4o").refuse_beyond(asked)


def test_a_provider_whose_key_is_not_set_is_refused_by_the_name_of_the_variable(tmp_path):
    providers = [{"model": "openai/a", "access_key": "$LEFT_OUT"}, {"model": "openai/b", "access_key": "k"}]
    found = Candidates(load(tmp_path, config_text(providers)))
    with pytest.raises(DownstreamError) as caught:
        found.of_name("openai/a").refuse_without_key()
    told = "openai/a needs the environment variable LEFT_OUT, which is not set at the gateway."
    assert (caught.value.status, caught.value.message) == (401, told)
    found.of_name("openai/b").refuse_without_key()
