"""What `model_metrics_sources` wants read, from where and how often."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from filters.address import DIRECT
from filters.routing.classifier import Prefer
from gateway.config.metrics import CATALOGUES, CostSource, LatencySource
from gateway.config.model import Config
from gateway.pricing.catalogue import parse_catalogue
from gateway.pricing.latency import Latencies, parse_vector
from gateway.pricing.reading import read_file, read_url
from gateway.pricing.table import Table

Session = Callable[[], aiohttp.ClientSession]


@dataclass(frozen=True, slots=True)
class Source:
    """One source: what it is called in logs, the policy that it serves, how often it is read (seconds), and how.

    `read` raises SourceError.
    """

    name: str
    prefer: Prefer
    interval: float
    read: Callable[[], Awaitable[Table]]


def sources(config: Config, session: Session, latencies: Latencies) -> Iterator[Source]:
    """Yield the sources of a configuration, in its order. Addresses are read through the client session."""
    for index, section in enumerate(config.model_metrics_sources):
        name = f"model_metrics_sources[{index}]: {section.provider}"
        if isinstance(section, CostSource):
            yield Source(name, "cheapest", section.refresh_interval, _prices(section, config, session))
        else:
            yield Source(name, "fastest", section.refresh_interval, _latencies(section, config, session, latencies))


def _prices(section: CostSource, config: Config, session: Session) -> Callable[[], Awaitable[Table]]:
    shape = section.provider
    where = section.url or CATALOGUES[shape]
    token = section.auth.token.reveal() if section.auth else None
    proxy = _proxy(section)
    aliases = {name: config.resolve(model) or model for name, model in section.model_aliases.items()}

    async def read() -> Table:
        url = _is_url(where)
        document = await (read_url(session, URL(where), token, proxy) if url else read_file(Path(where)))
        table = await asyncio.to_thread(parse_catalogue, shape, document, aliases)
        return _as_named_here(table, config) if shape == "custom" else table

    return read


def _latencies(
    section: LatencySource, config: Config, session: Session, measured: Latencies
) -> Callable[[], Awaitable[Table]]:
    async def read() -> Table:
        if section.provider == "gateway":
            return measured.table()
        url = URL(f"{(section.url or '').rstrip('/')}/api/v1/query").with_query(query=section.query or "")
        return _as_named_here(parse_vector(await read_url(session, url, proxy=_proxy(section))), config)

    return read


def _proxy(section: CostSource | LatencySource) -> str | None:
    return None if section.proxy == DIRECT else section.proxy


def _is_url(where: str) -> bool:
    return where.startswith(("http://", "https://"))


def _as_named_here(table: Table, config: Config) -> Table:
    """Add each entry under its `provider/name`, where an operator's own list calls it by another of its names."""
    models = {name: model for name in table.values if (model := config.resolve(name))}
    values = {model: table.values[name] for name, model in models.items()}
    prices = {model: table.prices[name] for name, model in models.items() if name in table.prices}
    return Table(values | dict(table.values), table.skipped, prices | dict(table.prices))
