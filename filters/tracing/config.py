"""The `tracing` section of config.yaml."""

from pydantic import Field

from filters.section import Section


class TracingConfig(Section):
    """How traces are started."""

    random_sampling: float = Field(default=100, ge=0, le=100)
    """The share, in percent, of the traces started here that are flagged as sampled. A joined trace keeps its flag."""
