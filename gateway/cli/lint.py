"""What is likely to be a mistake in the configured routes, for `check` and `up` to say."""

from filters.routing.embedded.classifier import BoundEmbedded
from filters.routing.lint import lint
from gateway.config.load import Loaded


def lint_routes(loaded: Loaded, bound: BoundEmbedded) -> list[str]:
    """Return a line for each finding, with file, line and key path. `bound` has learned the configuration's routes."""
    return loaded.place(lint(bound, llm=loaded.config.routing.classifier != "embedded"))
