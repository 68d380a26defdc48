"""Names of tools in namespaces.

Responses groups tools (`{"type": "namespace", "name": "crm", "tools": [...]}`) and calls them by two words. The other
formats have one, so that a tool is known everywhere by its full name, from which its namespace can be taken off again.
"""


def full_name(namespace: str | None, name: str) -> str:
    """Return the one name of a tool; `crm` and `find` make `crm__find`."""
    if not namespace:
        return name
    return namespace + ("" if namespace.endswith("__") else "__") + name


def short_name(namespace: str | None, name: str) -> str:
    """Return what `full_name` was made of, besides the namespace."""
    return name.removeprefix(full_name(namespace, "")) if namespace else name
