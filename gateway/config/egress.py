"""How others are reached from inside a network: the environment's proxies, where a section names none itself.

These are the providers, the sources of prices and latencies, and the server of an LLM that classifies.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` mean what they mean to curl, in either case of letters; where
both are set, the lower case wins. They are read once, when the configuration is loaded.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from filters.address import DIRECT
from gateway.config.document import YamlMapping, find
from gateway.config.metrics import CATALOGUES
from gateway.config.report import Mark, Report
from gateway.providers.builtin import BUILTIN

_SCHEMES: Final = ("http", "https")


def fill_proxies(root: YamlMapping, environ: Mapping[str, str], report: Report) -> None:
    """Give each section the proxy that the environment names for its address, unless it names one itself."""
    for place, address in _REACHED.items():
        for holder, key, mark in find(root, place):
            entry = holder[key]
            if isinstance(entry, YamlMapping) and "proxy" not in entry:
                _fill(entry, proxy_of(address(entry), environ), mark, report)


def _fill(entry: YamlMapping, proxy: str | None, mark: Mark, report: Report) -> None:
    if proxy is None:
        return
    parts = _parts(proxy)
    if parts is None or parts.scheme not in _SCHEMES:
        report.error(mark, f"the environment names a proxy that is no http:// one; set `proxy:`, or `{DIRECT}`")
    else:
        entry.put("proxy", proxy, mark)


def proxy_of(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy that the environment names for an address, None where it is reached directly.

    A malformed address has none: what is wrong with it is told where it is checked.
    """
    parts = _parts(url)
    if parts is None:
        return None
    proxy = _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")
    if not proxy or not parts.hostname:
        return None
    if any(_matches(rule.strip(), parts) for rule in _variable(environ, "no_proxy").split(",")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _parts(url: str) -> SplitResult | None:
    """Return the parts of an address, None where its host or its port is malformed."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _matches(rule: str, parts: SplitResult) -> bool:
    """Tell whether a rule of `NO_PROXY` holds: `*`, a network (`10.0.0.0/8`), or a host with all below it."""
    host = parts.hostname or ""
    if "/" in rule:
        return _is_in(host, rule)
    name, _, port = rule.lower().rpartition(":") if rule.count(":") == 1 else (rule.lower(), "", "")
    if port and port != str(parts.port):
        return False
    name = name.strip("[]").removeprefix("*.").removeprefix(".")
    return name == "*" or (bool(name) and (host == name or host.endswith(f".{name}")))


def _is_in(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _variable(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.upper()) or "").strip()


def _of_provider(entry: Mapping[str, Any]) -> str:
    address, model = entry.get("base_url"), entry.get("model")
    if isinstance(address, str):
        return address
    builtin = BUILTIN.get(model.partition("/")[0]) if isinstance(model, str) else None
    return (builtin.base_url if builtin else None) or ""


def _of_source(entry: Mapping[str, Any]) -> str:
    address = entry.get("url")
    return address if isinstance(address, str) else CATALOGUES.get(str(entry.get("provider")), "")


def _of_classifier(entry: Mapping[str, Any]) -> str:
    address = entry.get("base_url")
    return address if isinstance(address, str) else ""


_REACHED: Final = {
    ("model_providers", "*"): _of_provider,
    ("model_metrics_sources", "*"): _of_source,
    ("routing", "llm"): _of_classifier,
}
"""The sections that are reached over the network, and the address of each."""
