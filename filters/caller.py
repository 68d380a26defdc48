"""Who calls, and what that caller may use: plain data that filters share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from filters.errors import DownstreamError


@dataclass(frozen=True, slots=True)
class Rate:
    """How much in any minute; None where there is no limit."""

    requests: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much in a calendar day or month (UTC): US dollars, tokens, or both; None where there is no limit.

    With `allows_unpriced`, models whose price is not known may be used, and cost nothing.
    """

    period: Literal["day", "month"]
    usd: float | None = None
    tokens: int | None = None
    allows_unpriced: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller that has shown who it is.

    `models` and `routes` are what it may use, both None for everything: a request is allowed if its model is among the
    models, or a configured route among the routes chose it. A model may be `provider/*`. `model_rates` are by model.
    `max_in_flight` is how many requests it may have at once. `credential` are the request's headers (lower case) that
    said who it is, which no provider may see.
    """

    name: str
    models: frozenset[str] | None = None
    routes: frozenset[str] | None = None
    rate: Rate = Rate()
    model_rates: Mapping[str, Rate] = field(default_factory=dict)
    budgets: Sequence[Budget] = ()
    max_in_flight: int | None = None
    credential: frozenset[str] = frozenset()

    def may_use(self, model: str, route: str | None) -> bool:
        """Tell whether it may use a model that a configured route chose (None: no route, or one of the request's)."""
        if self.models is None and self.routes is None:
            return True
        if self.routes is not None and route in self.routes:
            return True
        return self.models is not None and (model in self.models or f"{model.partition('/')[0]}/*" in self.models)

    @property
    def needs_prices(self) -> bool:
        """Whether it may use those models alone whose price is known, since it has so much money."""
        return any(budget.usd is not None and not budget.allows_unpriced for budget in self.budgets)


def dollars(amount: float) -> str:
    """Return an amount of money as people write it: `$20`, `$0.00001`, `$1,500,000`."""
    return "$" + f"{amount:,.9f}".rstrip("0").rstrip(".")


def unpriced(caller: Caller, model: str) -> DownstreamError:
    """Return the error for a model whose cost could not be counted."""
    return DownstreamError(
        403,
        f"The price of {model} is not known, and {caller.name} has a budget in money. The operator can give the model a"
        " `price` in model_providers, or the budget `unpriced: allow`.",
    )


def untold_cost(caller: Caller, operation: str) -> DownstreamError:
    """Return the error for an operation whose cost no answer tells."""
    return DownstreamError(
        403,
        f"What {operation} costs is not told in tokens, and {caller.name} has a budget in money. The operator can give"
        " the budget `unpriced: allow`.",
    )


def forbidden(caller: Caller) -> DownstreamError:
    """Return the error for what a caller may not use."""
    models, routes = sorted(caller.models or ()), sorted(caller.routes or ())
    what = " and ".join(
        f"the {kind} {', '.join(names)}" for kind, names in (("models", models), ("routes", routes)) if names
    )
    return DownstreamError(403, f"The key of {caller.name} may not use this model. It is for {what or 'no model'}.")
