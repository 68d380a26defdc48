"""What the gateway would send of a request to each of many models, and what their vendors would say against it."""

import re

import orjson

from filters.context import ChatRequest
from filters.errors import DownstreamError
from gateway.upstream.candidates import Candidates
from gateway.upstream.outbound import outbound
from tests.support.gateway import config_text, load
from tests.support.strict import complaints
from tests.support.strict_models import MODELS, refusal

LOCAL = ("vllm/qwen3.8", "ollama/qwen3.8")
SEES_NONE = re.compile(r"takes no (?:image|pdf|audio)(?: and no \w+)* input")
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
}


def candidates(folder):
    """Return the candidates of every model of `MODELS` and of open ones on machines of one's own."""
    prefixes = dict.fromkeys(model.partition("/")[0] for model in MODELS)
    providers = [{"model": f"{prefix}/*", "access_key": "k"} for prefix in prefixes]
    providers += [{"model": "azure_openai/gpt-5", "base_url": "https://x.openai.azure.com", "access_key": "k"}]
    config = load(folder, config_text([*providers, *({"model": model} for model in LOCAL)]))
    of_name = Candidates(config).of_name
    return {model: of_name(model) for model in (*MODELS, *LOCAL, "azure_openai/gpt-5")}


def faults(candidate, wire, body, *, own=True):
    """Return what a vendor would refuse of a request that the gateway routes to its model.

    A model that sees no images is not asked about one, which is right. With `own` false, a request that stays in the
    caller's format is not looked at.
    """
    body = {"model": "auto", **body}
    chat = ChatRequest(wire, orjson.loads(orjson.dumps(body)), orjson.dumps(body), decision_only=False)
    try:
        sent = outbound(chat, candidate)
    except DownstreamError as error:
        return [] if SEES_NONE.search(error.message) else [f"not sent: {error.message}"]
    if sent.wire == wire and not own:
        return []
    path, written = PATHS[sent.wire], orjson.loads(sent.body)
    found = list(complaints(path, {**written, "model": candidate.model}))
    if candidate.model in MODELS and (said := refusal(candidate.model, path, written)):
        found.append(said)
    return found
