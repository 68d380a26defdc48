"""An admin application on a real socket, with ports made of plain values."""

from contextlib import asynccontextmanager

from aiohttp.test_utils import TestClient, TestServer

from filters.routing.inline import InlineRoutes
from filters.session_pinning.memory import MemoryPinStore
from gateway.admin.api import AdminPorts
from gateway.admin.application import admin_routes, build_admin
from gateway.config.sections import Admin
from gateway.storage.counters import MemoryCounters
from gateway.storage.pins import Stores
from gateway.telemetry.live import LiveFeed
from gateway.telemetry.prometheus.exposition import Exposition
from gateway.telemetry.prometheus.families import Families
from tests.support.classifiers import WordClassifier


def ports(config=None, **more):
    """Return ports; `store` is the store of pins."""
    store = more.pop("store", None) or MemoryPinStore(60, 10)
    stores = Stores(store, store, MemoryPinStore, store.stats)
    plain = {
        "config": lambda: config,
        "stores": lambda: stores,
        "ejected": dict,
        "counters": MemoryCounters,
        "metrics": _no_metrics,
        "figures": _no_figures,
        "live": LiveFeed(),
        "playground": lambda: InlineRoutes(WordClassifier()),
    }
    return AdminPorts(**plain | more)


async def _no_metrics(_):
    return Exposition(b"", "text/plain")


async def _no_figures():
    return []


def figures(**counted):
    """Return a port with the families of a gateway that counted this: values by labels, by the name of a family."""
    families = Families()
    for name, series in counted.items():
        for labels, value in series.items():
            family = getattr(families, name)[labels]
            [family.observe(each) for each in value] if isinstance(value, list) else family.inc(value)

    async def read():
        return list(families.collect())

    return read


@asynccontextmanager
async def served(routes, **section):
    """Serve routes, and give a client for them."""
    app = build_admin(Admin.model_validate(section), routes)
    async with TestClient(TestServer(app)) as client:
        yield client


def all_routes(config=None, **more):
    """Return every route of the admin API."""
    return admin_routes(ports(config, **more))
