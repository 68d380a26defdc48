"""The routes, and the routing keys of config.yaml's `routing` section: who decides, and when it is sure enough."""

from typing import Annotated, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from filters.address import BaseUrl, ProxyUrl
from filters.credential import Secret
from filters.routing.classifier import Prefer, Route
from filters.section import Items, ModelText, Probability, Section, Text

Examples = Annotated[
    Items[Text],
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}),
]
"""Prompts. In the file also the path of a JSONL file, which is read before this sees it."""


class SelectionPolicy(Section):
    """How the models of a route are ranked."""

    prefer: Prefer = "none"
    """`none`: as listed. `cheapest` or `fastest`: by the data of `model_metrics_sources`; no data ranks last."""


class RoutePreference(Section):
    """A kind of prompt, described in plain words, and the models that should serve it."""

    name: Text
    """What the route is called in answers, headers and metrics."""

    description: Text
    """The kind of prompt that belongs here, in plain words."""

    models: Annotated[Items[ModelText], Field(min_length=1)]
    """The models that should serve it, best first: `provider/model`, each among the providers."""

    examples: Examples = ()
    """Prompts that belong here; a list, or a JSONL file whose lines are strings or `{"prompt": "..."}`."""

    threshold: Probability | None = None
    """The least probability at which this route matches, in place of `routing.threshold`."""

    selection_policy: SelectionPolicy = SelectionPolicy()
    """How the models are ranked."""

    def route(self) -> Route:
        """Return the route as classifiers know it."""
        return Route(
            name=self.name,
            description=self.description,
            models=self.models,
            examples=self.examples,
            threshold=self.threshold,
            prefer=self.selection_policy.prefer,
        )


class LlmConfig(Section):
    """The LLM classifier: which model decides, and how long it may take."""

    model: ModelText | None = None
    """The model that classifies: a `provider/model` of the providers or, with `base_url`, what its server calls it."""

    base_url: BaseUrl | None = Field(default=None, repr=False)
    """An OpenAI-compatible server that is not among the providers."""

    access_key: Secret | None = None
    """The key for `base_url`, best as `$NAME`."""

    proxy: ProxyUrl | None = Field(default=None, repr=False)
    """The HTTP proxy through which `base_url` is reached, or `direct`; unset, what the environment says."""

    template: Literal["auto", "arch", "orchestrator", "general"] = "auto"
    """How the prompt is written: `arch` (Arch-Router), `orchestrator` (Plano-Orchestrator), `general` (any instruct
    model); `auto` goes by the model's name."""

    timeout_ms: int = Field(default=2000, ge=1)
    """How long one verdict may take, in milliseconds, before the embedded classifier decides."""

    max_concurrency: int = Field(default=16, ge=1)
    """How many verdicts may be under way at once; where there is no place, the embedded classifier decides."""

    history_tokens: int | None = Field(default=None, ge=1)
    """How much of the conversation is sent, in tokens (bytes / 4); unset, what the template was trained on."""

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.base_url and not self.model:
            raise ValueError("base_url needs a model: what the server at that address calls it")
        return self


class EmbeddedConfig(Section):
    """The embedded classifier: what reads the prompts."""

    encoder: Literal["auto", "fast", "accurate"] = "auto"
    """`fast`: a static table, English, well under a millisecond. `accurate`: a sentence encoder beside it, sixteen
    languages, a few milliseconds in a thread. `auto`: fast where that is sure, accurate elsewhere."""


class CascadeConfig(Section):
    """When the embedded classifier's answer is unsure, so that the LLM is asked."""

    low: Probability = 0.15
    """A best probability below this is a sure no-match."""

    high: Probability = 0.65
    """A best probability from here on is a sure match, if the runner-up is far enough away."""

    margin: Probability = 0.3
    """How far ahead of the runner-up a sure match is, were there only these two: 0 alike, 1 beyond doubt."""

    @model_validator(mode="after")
    def _bands_in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high; between the two the LLM is asked")
        return self


class RoutingConfig(Section):
    """What routing is told."""

    classifier: Literal["embedded", "llm", "cascade"] = "embedded"
    """Who decides: `embedded` in this process, `llm`, or `cascade`: embedded first and the LLM where that is unsure."""

    threshold: Probability | None = None
    """The least probability at which a route matches; unset, the classifier's own."""

    apply_to: Literal["all", "auto"] = "all"
    """Which `/v1` requests a match overrides: `all`, or those whose model is missing, `auto` or `none`."""

    embedded: EmbeddedConfig = EmbeddedConfig()
    """The embedded classifier."""

    llm: LlmConfig = LlmConfig()
    """The LLM classifier."""

    cascade: CascadeConfig = CascadeConfig()
    """When the cascade asks the LLM."""

    budget_ms: int | None = Field(default=None, ge=1)
    """How long a decision may take, in ms; the best so far wins. Unset: 2000, with an LLM `llm.timeout_ms`."""

    route_on_user_only: bool = False
    """Whether a continuation of a tool loop keeps the decision of its turn, also without a session id."""

    @model_validator(mode="after")
    def _llm_has_a_model(self) -> Self:
        if self.classifier != "embedded" and self.llm.model is None:
            raise ValueError(f"classifier {self.classifier} needs llm.model, the model that classifies")
        return self
