"""The `model_metrics_sources` section: where prices and latencies come from, for routes that prefer cheap or fast."""

from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from filters.address import HttpUrl, ProxyUrl
from filters.credential import Secret
from filters.reference import Reference
from filters.section import Section, Text

CATALOGUES: Final = MappingProxyType(
    {
        "digitalocean": "https://api.digitalocean.com/v2/gen-ai/models/catalog?limit=200",
        "models.dev": "https://models.dev/api.json",
    }
)
"""Where the catalogues of prices are that have an address of their own."""


class BearerAuth(Section):
    """What a source wants to see before it answers."""

    type: Literal["bearer"] = "bearer"
    """`bearer`: an `Authorization: Bearer` header."""

    token: Secret
    """The token, best as `$NAME`."""


class CostSource(Section):
    """A source of prices."""

    type: Literal["cost"]
    """`cost`."""

    provider: Literal["digitalocean", "models.dev", "custom"]
    """The shape of the catalogue: DigitalOcean's, that of models.dev, or
    `custom`: `{"provider/model": {"input_per_million": 2.5, "output_per_million": 10}}`."""

    url: Annotated[Text, Reference("address", "http://unset")] | None = Field(default=None, repr=False)
    """Where it is: an http or https URL, or a file; unset, the provider's own address."""

    proxy: ProxyUrl | None = Field(default=None, repr=False)
    """The HTTP proxy through which the URL is reached, or `direct`; unset, what the environment says."""

    auth: BearerAuth | None = None
    """Credentials for the URL."""

    refresh_interval: int = Field(default=3600, ge=1)
    """How often it is read, in seconds; the last good data is kept."""

    model_aliases: dict[str, Text] = Field(default={})
    """What the catalogue calls a model, and the `provider/model` that it is here."""

    @model_validator(mode="after")
    def _custom_has_a_url(self) -> Self:
        if self.provider == "custom" and self.url is None:
            raise ValueError("a custom catalogue needs a url, or the path of a file")
        return self


class LatencySource(Section):
    """A source of latencies."""

    type: Literal["latency"]
    """`latency`."""

    provider: Literal["prometheus", "gateway"]
    """`prometheus`, or `gateway`: the time to first byte as this gateway measures it."""

    url: HttpUrl | None = Field(default=None, repr=False)
    """Where Prometheus is."""

    proxy: ProxyUrl | None = Field(default=None, repr=False)
    """The HTTP proxy through which the URL is reached, or `direct`; unset, what the environment says."""

    query: Text | None = None
    """A PromQL query whose result has a label `model_name` or `model`: a model, and its value a latency."""

    refresh_interval: int = Field(default=60, ge=1)
    """How often it is asked, in seconds."""

    @model_validator(mode="after")
    def _prometheus_is_asked_something(self) -> Self:
        if self.provider == "prometheus" and (self.url is None or self.query is None):
            raise ValueError("prometheus needs a url and a query")
        return self


MetricsSource = Annotated[CostSource | LatencySource, Field(discriminator="type")]
