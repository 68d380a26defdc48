"""How other tools write that a value stands elsewhere: recognised, so that it is never sent as a key."""

import re
from typing import Final

from filters.reference import Kind

_WHOLE: Final = (
    (r"os\.environ/(\w+)", "LiteLLM's form"),
    (r"(?:process\.)?env\.([A-Z_][A-Z0-9_]*)", "another tool's form"),
    (r"env:(\w+)", "another tool's form"),
    (r"\$env:(\w+)", "PowerShell's form"),
    (r"%(\w+)%", "the form of Windows"),
    (r"os\.(?:getenv|environ(?:\.get)?)[(\[]\s*['\"](\w+)['\"]\s*[)\]]", "Python"),
)
"""What a whole value may be, and whose form that is; the group is the variable's name."""
_INSIDE: Final = (
    (r"\{env:(\w+)\}", "another tool's form"),
    (r"\$?\{\{\s*(?:env\.|secrets\.|\$)?(\w+)\s*\}\}", "a template's form"),
    (r"\$\(\s*(\w+)\s*\)", "the form of Kubernetes and make"),
)
"""What may stand in a value."""
_SCHEME: Final = re.compile(r"(?:Bearer|Basic|Token)\s+(.*)", re.IGNORECASE | re.DOTALL)
_BARE_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*(?:KEY|TOKEN|SECRET|PASSWORD)")
_PLACEHOLDER: Final = re.compile(
    r"<[^<>]*>|\[[^][]*\]|(?:sk-)?(?:\.{3,}|…|x{4,})|(?i:(?:your|my)[-_ ]?(?:api[-_ ]?)?key(?:[-_ ]here)?)"
)
"""What documentation prints where a key belongs."""
_VARIABLE: Final = re.compile(r"\$(?:\w+|\{\w+\})")


_KEYS: Final = {
    "model_list": "LiteLLM's word; here each model is an entry of model_providers: model and access_key",
    "litellm_settings": "LiteLLM's word; retries and timeouts are under limits",
    "router_settings": "LiteLLM's word; which model serves which prompts is under routing_preferences",
    "general_settings": "LiteLLM's word; what there is here is in docs/configuration.md",
    "Providers": "claude-code-router's word; here it is model_providers, with one entry for each model",
    "Router": "claude-code-router's word; here it is routing_preferences",
    "providers": "another tool's word; here it is model_providers, with one entry for each model",
    "models": "another tool's word; here it is model_providers, with one entry for each model",
    "routes": "another tool's word; here it is routing_preferences",
}
"""Keys at the top of other tools' files."""


def foreign_key(name: str) -> str | None:
    """Return whose word a key at the top is, and what it is here; None for one that no other tool is known by."""
    return f"unknown key: {_KEYS[name]}" if name in _KEYS else None


def foreign_form(text: str, kind: Kind) -> str | None:
    """Return what to write in place of another tool's form; None where a value is in no such form.

    Nothing of the value but a variable's name is repeated.
    """
    for pattern, whose in _WHOLE:
        if match := re.fullmatch(pattern, text):
            return f"is {whose}; write ${match[1]}"
    for pattern, whose in _INSIDE:
        if match := re.search(pattern, text):
            return f"holds {whose}; write ${{{match[1]}}}"
    return _key_with_more(text) if kind == "secret" else None


def _key_with_more(text: str) -> str | None:
    """Return what to leave away from a key (its scheme, quotes, spaces), or what stands in its place."""
    if not text.isprintable():
        return None
    if match := _SCHEME.fullmatch(text):
        rest = match[1] if _VARIABLE.fullmatch(match[1]) else "the key alone"
        return f"holds the scheme, which is added when a request is sent; write {rest}"
    if _BARE_NAME.fullmatch(text):
        return f"is the name of a variable; its value is ${text}"
    if _PLACEHOLDER.fullmatch(text):
        return "is a placeholder and no key"
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"
    if quoted or " " in text:
        return f"holds {'quotes' if quoted else 'a space'}, which no key does; leave that away"
    return None
