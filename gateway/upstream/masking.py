"""Keys in what a provider says: they are masked before the text reaches a caller."""

import re
from typing import Final

from gateway.providers.provider import Provider

MASK: Final = "***"
_SHORTEST: Final = 6
"""Characters. A shorter secret is one for tests, and would be found in ordinary words."""
_LOOKS_LIKE_A_KEY: Final = re.compile(
    r"(?<![\w-])((?:sk|gsk|xai|csk|pplx|nvapi)[-_])(?=[\w-]*\d)[A-Za-z0-9][\w-]{4,}"
    r"|(?<![\w-])((?:sk|pk|rk|gsk|xai|nvapi|pplx|hf|r8|ghp|tgp|csk|fw|key|AIza)[-_]?)[A-Za-z0-9][\w-]{15,}"
    r"|(?i:\b(bearer\s+))[\w.~+/-]{12,}=*"
)
"""Vendors' keys by how they begin, short ones where they have a digit, and what follows `Bearer`.

Such a key is a caller's own, or one that the gateway does not know.
"""


def masked(text: str, provider: Provider) -> str:
    """Return the text without the provider's key and header values, and without what looks like any vendor's key."""
    for credential in provider.secrets:
        secret = credential.reveal()
        if secret and len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return _LOOKS_LIKE_A_KEY.sub(lambda match: (match[1] or match[2] or match[3]) + MASK, text)
