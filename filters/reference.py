"""Values of config.yaml that may stand elsewhere: in an environment variable or in a file.

A type whose values may be written `$NAME`, `${NAME}`, `${NAME:-default}` or `file:/path` carries a `Reference`. Who
reads the file finds such values by this mark, so that no list of key paths must be kept beside the sections.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["secret", "header", "address", "port", "model"]
"""What a value is for: a key or token, a header's value, an address, a port, a model's name."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Marks a type (in `Annotated`) whose values may refer to the environment or to a file.

    `stand_in` is a valid value that takes the place of one that cannot be had, so that the rest can still be checked.
    """

    kind: Kind
    stand_in: object = None
