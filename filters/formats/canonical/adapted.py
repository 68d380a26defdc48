"""A caller's body that stays in its format, brought to what the model takes: what each format's `adapt` returns.

Where the gateway chose the model, the caller could not know what it takes. The body is not translated, since that would
lose what only this format can say: single top-level members are replaced or removed, and all other bytes stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from filters.context import Json
from filters.formats.canonical.effort import OFF, nearest_effort
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.user import shortened


@dataclass(slots=True)
class Adapted:
    """A body with what must change: members to replace or add, members to remove, and the losses, a clause each."""

    body: Json
    replace: Json = field(default_factory=dict)
    remove: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    tool_names: Mapping[str, str] = field(default_factory=dict)
    """The caller's names of the tools that are renamed: the answer is to be told under them."""

    def get(self, name: str) -> Any:
        """Return a member as it now is, None where there is none."""
        if name in self.remove:
            return None
        return self.replace[name] if name in self.replace else self.body.get(name)

    def put(self, name: str, value: object, warning: str | None = None) -> None:
        """Replace or add a member."""
        self.remove.discard(name)
        self.replace[name] = value
        self.warn(warning)

    def drop(self, name: str, warning: str | None = None) -> None:
        """Remove a member, if there is one."""
        if name not in self.body and name not in self.replace:
            return
        if self.get(name) is not None:
            self.warn(warning)
        self.replace.pop(name, None)
        if name in self.body:
            self.remove.add(name)

    def warn(self, warning: str | None) -> None:
        """Add a warning, once."""
        if warning and warning not in self.warnings:
            self.warnings.append(warning)

    def limit(self, name: str, limit: int | None) -> None:
        """Lower a number of tokens to the most that may be asked for."""
        asked = self.get(name)
        if limit is not None and isinstance(asked, int) and asked > limit:
            self.put(name, limit, f"{name} is lowered to {limit}, the most that the model takes")

    def sampling(self, names: Sequence[str], why: str) -> None:
        """Leave sampling settings out; one that says what is the default anyway is no loss."""
        for name in names:
            self.drop(name, None if self.get(name) == 1 else f"{name} is left out: {why}")

    def user(self, name: str, limit: int | None) -> None:
        """Hash a user's name that is longer than the server takes, which is no loss: the hash is as good a name."""
        user = self.get(name)
        if isinstance(user, str) and (short := shortened(user, limit)) != user:
            self.put(name, short)


def effort_taken(asked: str, options: ModelOptions) -> tuple[str | None, str | None]:
    """Return the effort to send in place of the one that is asked for, and the warning where that is another."""
    if not options.reasoning_effort:
        return None, None if asked == OFF else "the reasoning effort is left out: the model takes none"
    taken = nearest_effort(asked, options.efforts)
    if taken == asked:
        return asked, None
    if taken is None:
        return None, "the reasoning effort is left out: it is none that the model knows"
    return taken, f"the reasoning effort is {taken}, the nearest that the model knows"
