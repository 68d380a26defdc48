"""The model in a multipart form (RFC 7578), found and replaced in its bytes; every other part stays as it came."""

import re
from dataclasses import dataclass
from typing import Final

from filters.errors import DownstreamError

CONTENT_TYPE: Final = "multipart/form-data"
_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_MODEL_PART: Final = re.compile(
    rb'^content-disposition:[^\r\n]*;[ \t]*name="?model"?[ \t]*(?:;|\r?$)', re.IGNORECASE | re.MULTILINE
)
_HEADERS_END: Final = b"\r\n\r\n"
_MAX_MODEL: Final = 1024


@dataclass(frozen=True, slots=True)
class FormModel:
    """The model that a form names, and where its name stands in the body."""

    name: str
    start: int
    end: int

    def replaced(self, body: bytes, name: str) -> bytes:
        """Return the body with another model."""
        return body[: self.start] + name.encode() + body[self.end :]


def form_model(body: bytes, content_type: str) -> FormModel | None:
    """Return the form's field `model`, None where it has none. Raises DownstreamError (400) for what is no form."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise DownstreamError(400, "The Content-Type multipart/form-data names no boundary.")
    delimiter = b"--" + (found[1] or found[2]).encode("utf-8", "surrogateescape")
    at = body.find(delimiter)
    while at >= 0:
        begin = at + len(delimiter)
        at = body.find(b"\r\n" + delimiter, begin)
        headers_end = body.find(_HEADERS_END, begin, at if at >= 0 else len(body))
        if at >= 0 and headers_end >= 0 and _MODEL_PART.search(body, begin, headers_end + 2):
            return _model(body, headers_end + len(_HEADERS_END), at)
        at += 2 if at >= 0 else 0
    return None


def _model(body: bytes, start: int, end: int) -> FormModel:
    if end - start > _MAX_MODEL:
        raise DownstreamError(400, "The form's model is not a name.", param="model")
    return FormModel(body[start:end].decode("utf-8", "replace").strip(), start, end)
