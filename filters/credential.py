"""A secret of config.yaml: shown nowhere, and aware of the environment variable that should have held it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from filters.reference import Reference


@dataclass(frozen=True, slots=True)
class Credential:
    """`secret` is None where the environment variable named `variable` is not set."""

    secret: SecretStr | None
    variable: str | None = None

    def reveal(self) -> str | None:
        """Return the secret itself, to be sent and never shown; None where it is not set."""
        return self.secret.get_secret_value() if self.secret else None


def _credential(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value or not value.isprintable():
        raise ValueError("is empty or holds a line break or another control character")
    return Credential(SecretStr(value))


Secret = Annotated[Credential, BeforeValidator(_credential), WithJsonSchema({"type": "string"}), Reference("secret")]
"""A key or token in a section: a string, best as `$NAME` or `file:/path`."""

HeaderValue = Annotated[
    Credential, BeforeValidator(_credential), WithJsonSchema({"type": "string"}), Reference("header")
]
"""The value of a header in a section, which may be a credential."""
