"""What the playground asks: a prompt, several, or a whole body, and routes as they would be after an edit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from filters.context import ChatRequest, Json
from filters.errors import DownstreamError
from filters.formats.registry import ENDPOINTS, FORMATS
from filters.routing.classifier import BoundClassifier, Prompt, Route
from filters.routing.explain import explain_verdict
from filters.routing.inline import InlineRoutes
from filters.routing.prompt import prompt_of
from filters.section import Items, Probability, Section, Text

_MAX_EXAMPLES = 200
_MAX_PROMPTS = 50


class Edit(Section):
    """A route as it would be. What is left out stays as it is configured; a threshold of null is that of all routes."""

    name: Text
    description: Text | None = None
    threshold: Probability | None = None
    examples: Annotated[Items[Text], Field(max_length=_MAX_EXAMPLES)] | None = None


class Asked(Section):
    """A prompt, several, or a body with the path that it would be posted to; and edits of routes, if any."""

    prompt: str | None = None
    prompts: Annotated[Items[str], Field(min_length=1, max_length=_MAX_PROMPTS)] | None = None
    path: str = "/v1/chat/completions"
    body: dict[str, Any] | None = None
    edits: Items[Edit] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if sum(each is not None for each in (self.prompt, self.prompts, self.body)) != 1:
            raise ValueError("give either a prompt, or prompts, or a body")
        if self.path not in ENDPOINTS:
            raise ValueError(f"path must be one of {', '.join(ENDPOINTS)}")
        return self

    def read(self) -> Prompt:
        """Return what a classifier would see of the one prompt or the body.

        Raises DownstreamError where the body has not the path's shape.
        """
        if self.body is None:
            return Prompt(self.prompt or "")
        endpoint = ENDPOINTS[self.path]
        FORMATS[endpoint.format].shape.validate(self.body)
        return prompt_of(ChatRequest(endpoint.format, self.body, b"", decision_only=True))


def edited(routes: Sequence[Route], edits: Sequence[Edit]) -> tuple[Route, ...]:
    """Return the routes after the edits. Raises DownstreamError (400) for a route that there is not."""
    by_name = {edit.name: edit for edit in edits}
    if unknown := set(by_name) - {route.name for route in routes}:
        raise DownstreamError(400, f"edits: there is no route {min(unknown)!r}")
    return tuple(_edited(route, by_name[route.name]) if route.name in by_name else route for route in routes)


def _edited(route: Route, edit: Edit) -> Route:
    return replace(
        route,
        description=edit.description if edit.description is not None else route.description,
        threshold=edit.threshold if "threshold" in edit.model_fields_set else route.threshold,
        examples=tuple(edit.examples) if edit.examples is not None else route.examples,
    )


async def flips(
    classifier: InlineRoutes, routes: Sequence[Route], changed: Sequence[Route], prompts: Sequence[str]
) -> Sequence[Json]:
    """Return the route of each prompt as configured and as edited, None for no match."""
    now, then = await classifier.bind(routes), await classifier.bind(changed)
    return [{"now": await _route(now, each), "edited": await _route(then, each)} for each in map(Prompt, prompts)]


async def _route(bound: BoundClassifier, prompt: Prompt) -> str | None:
    verdict = await bound.classify(prompt)
    return verdict.route.name if verdict.route else None


async def decide(classifier: InlineRoutes, routes: Sequence[Route], prompt: Prompt) -> Json:
    """Decide about a prompt among these routes, and return the route and the explanation."""
    bound = await classifier.bind(routes)
    verdict = await bound.classify(prompt)
    candidates = verdict.route.models if verdict.route else ()
    return {
        "route": verdict.route.name if verdict.route else None,
        "model": candidates[0] if candidates else None,
        "explain": explain_verdict(verdict, bound, prompt, candidates),
    }
