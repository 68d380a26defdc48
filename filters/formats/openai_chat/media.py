"""Data URLs, the form in which Chat Completions carries bytes."""

_PREFIX = "data:"
_BASE64 = ";base64"


def split_data_url(url: str) -> tuple[str, str] | None:
    """Return the media type and the base64 text of a data URL; None for any other URL, or one that is not base64."""
    head, comma, data = url.partition(",")
    if not (comma and head.startswith(_PREFIX) and head.endswith(_BASE64)):
        return None
    return head[len(_PREFIX) : -len(_BASE64)].partition(";")[0], data


def data_url(media_type: str, data: str) -> str:
    """Return the data URL of base64 text."""
    return f"{_PREFIX}{media_type}{_BASE64},{data}"
