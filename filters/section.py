"""What every part of config.yaml has in common.

A section is frozen, refuses keys that it does not know, and takes values as they are: `"600"` is not a number here and
`yes` is not a header. The string under a field is its description, in the code and in the editor's JSON Schema alike.
"""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

from filters.reference import Reference

Member = TypeVar("Member")

Items = Annotated[tuple[Member, ...], Strict(strict=False)]
"""A YAML list, kept as a tuple."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A string with something in it."""

ModelText = Annotated[Text, Reference("model")]
"""A model's name: `provider/name`, or another name for one."""

Seconds = Annotated[float, Field(gt=0)]

Probability = Annotated[float, Field(ge=0, le=1)]

HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")]
"""An HTTP field name: a token of RFC 9110, section 5.6.2."""


class Section(BaseModel):
    """A part of config.yaml."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
