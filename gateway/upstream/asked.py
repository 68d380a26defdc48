"""What an operation asks for: its body, with the model that it names."""

from dataclasses import dataclass, field

from filters.context import Json
from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from filters.format_detection.parsing import parse_object
from filters.routing.inline import FIELDS
from gateway.upstream.multipart import CONTENT_TYPE as FORM
from gateway.upstream.multipart import FormModel, form_model
from gateway.upstream.rewrite import rewrite


@dataclass(frozen=True, slots=True)
class Asked:
    """A body as it came.

    `content_type` is what the provider is told of it, empty where there is none; `body` is what JSON parses to, and
    `wrong` says why it does not, of what calls itself JSON.
    """

    raw: bytes
    content_type: str = ""
    model: str | None = None
    body: Json = field(default_factory=dict)
    form: FormModel | None = None
    wrong: DownstreamError | None = None

    def for_model(self, name: str) -> bytes:
        """Return the body with the model that the provider knows, where it names one."""
        if self.form is not None:
            return self.form.replaced(self.raw, name)
        if self.model is None:
            return self.raw
        return rewrite(self.raw, {"model": name}, FIELDS)


def read_asked(raw: bytes, content_type: str, limits: BodyLimits) -> Asked:
    """Read a body: JSON whatever its type, or a form. Anything else names no model.

    Raises DownstreamError: 400 for a malformed form, 413 where the JSON is over the limits.
    """
    if content_type.lower().startswith(FORM):
        form = form_model(raw, content_type)
        return Asked(raw, content_type, form.name if form else None, form=form)
    if not raw:
        return Asked(raw)
    try:
        parsed, raw = parse_object(raw, limits)
    except DownstreamError as error:
        if error.status != 400:
            raise
        return Asked(raw, content_type, wrong=error if "json" in content_type.lower() else None)
    model = parsed.get("model")
    return Asked(raw, "application/json", model if isinstance(model, str) else None, parsed)
