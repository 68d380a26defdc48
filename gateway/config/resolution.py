"""Which model a name means: the names of entries, aliases, and models without their provider."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from gateway.providers.models.makers import may_have
from gateway.providers.models.published import models_of
from gateway.providers.provider import WILDCARD, Provider

AUTO: Final = "auto"
"""What leaves the choice of a model open."""
_OURS: Final = "pointsman"
_REMEMBERED: Final = 4096
"""Of how many names under a `provider/*` the meaning is kept: callers may send any."""


class Names:
    """Resolves names of models. `aliases` lead to a name each, which may be an alias itself."""

    def __init__(self, providers: Sequence[Provider], aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._by_model = {provider.model: provider for provider in providers}
        self._named = [provider for provider in providers if not provider.is_wildcard]
        self._wildcards = [provider for provider in providers if provider.is_wildcard]
        self._bare: dict[str, list[str]] = defaultdict(list)
        for provider in self._named:
            self._bare[provider.model_id(provider.model)].append(provider.model)
        self._meanings = lru_cache(maxsize=_REMEMBERED)(self._look_up)
        self._exact = self._exactly()

    def meanings(self, name: str) -> tuple[str, ...]:
        """Return the `provider/name` that a name means; none for an unknown one, several for an ambiguous one.

        A name is, in this order: a configured `provider/name`, an alias, an entry's `name`, a model of a `provider/*`,
        a model without its provider, or one that a `provider/*` has or may have.
        """
        exact = self._exact.get(name)
        if exact is not None:
            return (exact,)
        return () if name in self._aliases else self._meanings(name)

    def provider_of(self, model: str) -> Provider | None:
        """Return who serves a model, by its `provider/name`."""
        return self._by_model.get(model) or self._wildcard(model)

    def target(self, name: str) -> str:
        """Follow aliases to the end; a name that is none is its own, and a circle ends where it began."""
        seen: set[str] = set()
        while name in self._aliases and name not in seen:
            seen.add(name)
            name = self._aliases[name]
        return name

    def listing(self) -> Mapping[str, str]:
        """Return the names that callers may use, each with its owner: the provider's prefix, or Pointsman.

        Of a `provider/*` those are listed that are known to be there; it takes others too.
        """
        listed = {provider.model: provider.prefix for provider in self._named}
        listed |= {provider.name: provider.prefix for provider in self._named}
        for provider in self._wildcards:
            known = models_of(provider.api) if provider.at_home else ()
            listed |= {f"{provider.prefix}/{name}": provider.prefix for name in known}
        return {**listed, **dict.fromkeys(self._aliases, _OURS), AUTO: _OURS}

    def _exactly(self) -> Mapping[str, str]:
        own = {provider.model: provider.model for provider in self._named}
        exact = {provider.name: provider.model for provider in self._named} | own
        for alias in self._aliases:
            target = self.target(alias)
            if target in self._aliases:
                continue  # a circle
            models = (exact[target],) if target in exact else self._look_up(target)
            if len(models) == 1:
                exact[alias] = models[0]
        return exact | own

    def _look_up(self, name: str) -> tuple[str, ...]:
        if self._wildcard(name):
            return (name,)
        if name in self._bare:
            return tuple(self._bare[name])
        return tuple(self._under_wildcards(name)) if name and not name.endswith("/" + WILDCARD) else ()

    def _wildcard(self, name: str) -> Provider | None:
        prefix, _, rest = name.partition("/")
        return self._by_model.get(f"{prefix}/{WILDCARD}") if rest and rest != WILDCARD else None

    def _under_wildcards(self, name: str) -> Iterator[str]:
        """Give the models that a name without a provider may mean: those that are published, else those that may be."""
        listing = [each for each in self._wildcards if each.at_home and name in models_of(each.api)]
        able = listing or [each for each in self._wildcards if may_have(each.api, name, at_home=each.at_home)]
        return (f"{provider.prefix}/{name}" for provider in able)
