"""Where a server's operations are, from a `base_url` as vendors print it.

Vendors print the root of their API with a version or without, the root of an Anthropic-compatible API (`.../anthropic`,
to which Anthropic's clients add `/v1`), a whole endpoint, or a deployment of Azure's. Each leads to the same URLs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from filters.context import WireFormat
from filters.formats.registry import FORMATS
from gateway.providers.builtin import BUILTIN, OPENAI, Builtin

AZURE_API_VERSION: Final = "2024-10-21"
AZURE_RESPONSES_VERSION: Final = "2025-04-01-preview"
"""The first `api-version` whose paths have Responses is newer than the default."""
_FOUNDRY_VERSION: Final = "2024-05-01-preview"
_PROJECT: Final = re.compile(r"/api/projects/[^/]+")
"""The path of a project of Azure's Foundry, below which its v1 API is."""
_OTHER_OPERATIONS: Final = ("messages/count_tokens", "completions", "embeddings", "api/chat", "api/generate")
"""The last two are of Ollama's own API, beside which it has OpenAI's."""
_VERSIONS: Final = tuple(f"v{number}{suffix}" for number in range(1, 10) for suffix in ("", "beta", "alpha"))
_BEDROCK: Final = "bedrock-runtime"
"""How the hosts of Amazon Bedrock begin, whose OpenAI-compatible API has a path of its own."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The URLs of a server: below `root`, or with `deployments` below the path of the model's deployment (Azure)."""

    root: str
    api_version: str | None = None
    deployments: bool = False
    own_versions: Mapping[str, str] = field(default_factory=dict)
    """The `api-version` of operations that have another, which have no deployment in their path either."""

    def of(self, operation: str, model: str) -> str:
        """Return the URL of an operation (`chat/completions`, `embeddings`) for what the server calls a model."""
        version = self.own_versions.get(operation, self.api_version)
        path = operation
        if self.deployments:
            plain = operation in self.own_versions
            path = f"openai/{operation}" if plain else f"openai/deployments/{quote(model, safe='')}/{operation}"
        return f"{self.root}/{path}" + (f"?api-version={quote(version)}" if version else "")


def whole_endpoint(base_url: str) -> str | None:
    """Return the operation at the end of a URL that is a whole endpoint, None where it is the root of an API."""
    path = urlsplit(base_url).path.rstrip("/")
    operations: Iterable[str] = chain((entry.operation for entry in FORMATS.values()), _OTHER_OPERATIONS)
    return max((each for each in operations if path.endswith("/" + each)), key=len, default=None)


def format_shown(base_url: str) -> WireFormat | None:
    """Return the wire format that a URL shows: one of its endpoints, or the root of an Anthropic-compatible API."""
    operation, root = whole_endpoint(base_url), urlsplit(base_url).path.rstrip("/").removesuffix("/v1")
    if operation is None:
        shown = (entry.name for entry in FORMATS.values() if entry.root and root.endswith(entry.root))
    else:
        shown = (entry.name for entry in FORMATS.values() if entry.operation == operation)
    return next(shown, None)


def formats_at(base_url: str, server: Builtin) -> tuple[WireFormat, ...]:
    """Return the formats of a server that is at a URL: Azure's v1 API has Responses too."""
    path = urlsplit(base_url).path.rstrip("/")
    newest = server.azure and (path.endswith("/v1") or _PROJECT.fullmatch(path) is not None)
    return OPENAI if newest else server.formats


def endpoints(base_url: str, server: Builtin, api_version: str | None) -> Endpoints:
    """Return where the operations of a server are. `base_url` may have one query, Azure's `api-version`."""
    root, _, query = base_url.partition("?")
    api_version = api_version or next(iter(parse_qs(query).get("api-version", ())), None)
    if operation := whole_endpoint(root):
        root = root.rstrip("/").removesuffix("/" + operation)
    root = root.rstrip("/")
    if server.native_root and urlsplit(root).path == server.native_root:
        root = root.removesuffix(server.native_root)
    if server.azure:
        return _azure(root, api_version)
    return Endpoints(_versioned(root, server), api_version)


def _versioned(root: str, server: Builtin) -> str:
    parts = urlsplit(root)
    if (known := _known_path(parts.netloc, parts.path)) is not None:
        return f"{parts.scheme}://{parts.netloc}{known}"
    if parts.netloc.startswith(_BEDROCK) and not parts.path:
        return root + "/openai/v1"
    unversioned = server.unversioned or any(parts.path.endswith(entry.root) for entry in FORMATS.values() if entry.root)
    if not parts.path or (unversioned and parts.path.rpartition("/")[2] not in _VERSIONS):
        return root + "/v1"
    return root


def _known_path(host: str, path: str) -> str | None:
    """Return the path of a built-in provider's API of which the given one is the beginning; None for another host."""
    for builtin in BUILTIN.values():
        known = urlsplit(builtin.base_url or "")
        if known.netloc == host and (known.path + "/").startswith(path + "/"):
            return known.path
    return None


def _azure(root: str, api_version: str | None) -> Endpoints:
    """Return the URLs of an Azure resource: of its v1 API, of one deployment, of Foundry's models, or by deployment."""
    path = urlsplit(root).path
    if path.rpartition("/")[2] in _VERSIONS:
        return Endpoints(root, api_version)
    if _PROJECT.fullmatch(path):
        return Endpoints(f"{root}/openai/v1", api_version)
    if "/deployments/" in path:
        return Endpoints(root, api_version or AZURE_API_VERSION)
    if path.endswith("/models"):
        return Endpoints(root, api_version or _FOUNDRY_VERSION)
    own = {"responses": api_version or AZURE_RESPONSES_VERSION}
    return Endpoints(root.removesuffix("/openai"), api_version or AZURE_API_VERSION, deployments=True, own_versions=own)
