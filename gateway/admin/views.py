"""`GET /config` and `GET /stats`: what the gateway runs with, and how it is.

Of a configuration everything is shown but what could be a credential, which is found by its type: a value of a type for
secrets, and in an address whatever may hold one.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, get_args, get_origin

from aiohttp import web
from pydantic import BaseModel, SecretStr

from filters.address import LONG_WORD
from filters.catalog import CATALOG
from filters.credential import Credential
from filters.reference import Reference
from filters.section import Section
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.config.model import Config

HIDDEN: Final = "***"
_QUERY: Final = re.compile(r"[?#]")


def view_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes."""

    async def config(_: web.Request) -> web.Response:
        return json_answer(shown(ports.config()))

    async def stats(_: web.Request) -> web.Response:
        ejected = {_address(name): seconds for name, seconds in ports.ejected().items()}
        answer = {"pins": ports.stores().stats(), "ejected": ejected, "reload": ports.last_reload()}
        return json_answer(answer | {"tasks": len(asyncio.all_tasks())})

    return Route("GET", "/config", config), Route("GET", "/stats", stats)


def shown(config: Config) -> Mapping[str, Any]:
    """Return what the configuration says, without the defaults and without a secret."""
    seen = _section(config)
    if "filters" in seen:
        seen["filters"] = [_link(link.name, link.options) for link in config.chain]
    return seen


def _link(name: str, options: Section) -> Any:
    """Return an entry of the filter chain, with the options that stand in it; some filters have theirs elsewhere."""
    shown_options = {} if CATALOG[name].at else _section(options)
    return {name: shown_options} if shown_options else name


def _section(section: BaseModel) -> dict[str, Any]:
    said = section.model_dump(exclude_defaults=True)
    fields = type(section).model_fields
    return {name: _value(getattr(section, name), fields[name].annotation, fields[name].metadata) for name in said}


def _value(value: Any, annotation: Any, metadata: Sequence[Any] = ()) -> Any:
    """Return a value as it may be shown, by its type."""
    if isinstance(value, BaseModel):
        return _section(value)
    if isinstance(value, Credential):
        return HIDDEN if value.secret else f"${value.variable} is not set"
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, str):
        return _address(value) if "address" in _kinds(annotation, metadata) else value
    return _members(value, annotation)


def _members(value: Any, annotation: Any) -> Any:
    inner = _members_type(annotation)
    if isinstance(value, Mapping):
        return {key: _value(each, inner) for key, each in value.items()}
    return [_value(each, inner) for each in value] if isinstance(value, (tuple, list)) else value


def _members_type(annotation: Any) -> Any:
    """Return the type of the members of a list or the values of a mapping, Any where it does not say."""
    if get_origin(annotation) is Annotated:
        return _members_type(get_args(annotation)[0])
    inner = get_args(annotation)
    if get_origin(annotation) in {tuple, list}:
        return inner[0]
    return inner[1] if get_origin(annotation) is dict else Any


def _kinds(annotation: Any, metadata: Sequence[Any]) -> set[str]:
    """Return what the type of a value says that it is for; of a choice of types, what each of them says."""
    found = {each.kind for each in metadata if isinstance(each, Reference)}
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return found | _kinds(inner, more)
    return found.union(*(_kinds(each, ()) for each in get_args(annotation)))


def _address(text: str) -> str:
    """Return an address without a user name, a password, a query, and words of its path that are as long as keys.

    An `@` after a `?` or `#` may end a password that holds these, or stand in a query, so that nothing is shown then.
    """
    scheme, _, rest = text.rpartition("://") if text.count("://") == 1 else ("", "", text)
    begin = f"{scheme}://" if scheme else ""
    where, query, *_ = (*_QUERY.split(rest, maxsplit=1), "", "")
    if "@" in query:
        return begin + HIDDEN
    _, user, host = where.rpartition("@")
    host, slash, path = host.partition("/")
    shown_path = slash + LONG_WORD.sub(HIDDEN, path)
    return begin + (HIDDEN + user if user else "") + host + shown_path + (f"?{HIDDEN}" if query else "")
