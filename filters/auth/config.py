"""The `api_keys` of config.yaml: who may call, and how much."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from filters.caller import Budget, Caller, Rate
from filters.section import Items, ModelText, Section, Text

Count = Annotated[int, Field(ge=1)]


def _moment(value: Any) -> Any:
    """Return the moment that a day or a time names; YAML reads `2027-01-31` as a date, JSON has it as a string."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a day or a time, as 2027-01-31 or 2027-01-31T12:00:00+00:00") from None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string"})]
CallerName = Annotated[Text, StringConstraints(max_length=64, pattern=r"^[\x21-\x7e]+$")]
KeyHash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class BudgetConfig(Section):
    """How much a caller may spend in a calendar day or month, in UTC."""

    per: Literal["day", "month"]
    """The period."""

    usd: Annotated[float, Field(gt=0, strict=False)] | None = None
    """US dollars."""

    tokens: Count | None = None
    """Tokens, read and written."""

    unpriced: Literal["refuse", "allow"] = "refuse"
    """What becomes of requests for models whose price is not known, where `usd` is a limit: `allow` counts nothing."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.usd is None and self.tokens is None:
            raise ValueError("limits nothing; give usd, tokens or both")
        return self


class ModelRate(Section):
    """How much of one model a caller may use."""

    model: ModelText
    """The model."""

    requests_per_minute: Count | None = None
    """Requests in any minute."""

    tokens_per_minute: Count | None = None
    """Tokens in any minute, read and written."""


class ApiKey(Section):
    """A caller's key."""

    name: CallerName
    """What the caller is called in logs and metrics."""

    hash: KeyHash = Field(repr=False)
    """The key's hash, `sha256:` and 64 hex digits: `pointsman keys new` makes a key and its hash."""

    models: Items[ModelText] | None = None
    """The models that it may use, `provider/*` for all of a provider; unset, all, or with `routes` those alone."""

    routes: Items[Text] | None = None
    """The configured routes whose models it may use, whatever `models` says."""

    requests_per_minute: Count | None = None
    """Requests in any minute."""

    tokens_per_minute: Count | None = None
    """Tokens in any minute, read and written."""

    model_limits: Items[ModelRate] = ()
    """The same for single models."""

    budgets: Items[BudgetConfig] = ()
    """What it may spend."""

    max_in_flight: Count | None = None
    """Requests at once."""

    expires: Moment | None = None
    """When the key ends: a day (its first moment, in UTC) or a time."""

    def caller(self, resolve: Callable[[str], str | None]) -> Caller:
        """Return what the key says of its caller; `resolve` tells which model a name means."""
        return Caller(
            name=self.name,
            models=None if self.models is None else frozenset(resolve(name) or name for name in self.models),
            routes=None if self.routes is None else frozenset(self.routes),
            rate=Rate(self.requests_per_minute, self.tokens_per_minute),
            model_rates=self._model_rates(resolve),
            budgets=tuple(Budget(each.per, each.usd, each.tokens, each.unpriced == "allow") for each in self.budgets),
            max_in_flight=self.max_in_flight,
        )

    def _model_rates(self, resolve: Callable[[str], str | None]) -> Mapping[str, Rate]:
        return {
            resolve(each.model) or each.model: Rate(each.requests_per_minute, each.tokens_per_minute)
            for each in self.model_limits
        }
