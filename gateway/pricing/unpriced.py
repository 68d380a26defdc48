"""Which callers would be refused for a price that nobody knows."""

from collections.abc import Iterator

from filters.caller import Caller
from gateway.config.metrics import CostSource
from gateway.config.model import Config
from gateway.config.names import Finding
from gateway.pricing.costs import Costs, costs_of


def unpriced_budgets(config: Config, costs: Costs | None = None) -> Iterator[Finding]:
    """Yield each caller whose budget in money holds it from models that it may use, since they have no known price.

    With a price list among `model_metrics_sources` nothing can be said before that is read. `costs` know the prices,
    unless given those of the configuration; looking up the first takes about 0.2 s.
    """
    if any(isinstance(source, CostSource) for source in config.model_metrics_sources):
        return
    costs = costs or costs_of(config)
    for index, key in enumerate(config.api_keys):
        caller = key.caller(config.resolve)
        unknown = (
            [model for model in _models(config, caller) if not costs.is_known(model)] if caller.needs_prices else []
        )
        if unknown:
            holds = next(at for at, each in enumerate(key.budgets) if each.usd and each.unpriced == "refuse")
            advice = "put `price` beside its base_url in model_providers, or `unpriced: allow` into this budget"
            what = f"nobody knows the price of {', '.join(unknown)}, so {key.name}'s requests for it get 403; {advice}"
            yield ("api_keys", index, "budgets", holds, "usd"), what


def _models(config: Config, caller: Caller) -> Iterator[str]:
    """Yield the models that a caller may use, as far as the configuration names them, each once."""
    routes = {route.name: route.models for route in config.routes()}
    named = (provider.model for provider in config.providers if not provider.is_wildcard)
    for model in dict.fromkeys((*named, *(model for models in routes.values() for model in models))):
        chosen_by = (name for name, models in routes.items() if model in models)
        if caller.may_use(model, None) or any(caller.may_use(model, name) for name in chosen_by):
            yield model
