"""Where things stood in the file, and what was wrong with them."""

from dataclasses import dataclass, field
from typing import Final, NoReturn

from filters.errors import ConfigError

_SECRET_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in config.yaml: its line, counted from 1, and its key path as the author wrote it."""

    line: int
    path: str

    def __getitem__(self, key: str) -> "Mark":
        """Return the place where a key that is missing here would stand."""
        return Mark(self.line, f"{self.path}.{key}" if self.path else key)


@dataclass(slots=True)
class Report:
    """Collects what is wrong, so that all of it can be said at once."""

    file: str
    errors: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _hidden: dict[str, str] = field(default_factory=dict, repr=False)

    def hide(self, value: str, reference: str) -> None:
        """Show a reference (`$NAME`) wherever its value would be told; what is shorter than a secret is not hidden."""
        if len(value) >= _SECRET_LENGTH:
            self._hidden[value] = reference

    def error(self, mark: Mark, message: str) -> None:
        """Note something that must be mended."""
        entry = (mark.line, self._line(mark, message))
        if entry not in self.errors:
            self.errors.append(entry)

    def warn(self, mark: Mark, message: str) -> None:
        """Note something that the operator should know."""
        self.warnings.append(self._line(mark, message))

    def fatal(self, mark: Mark, message: str) -> NoReturn:
        """Note something after which reading on makes no sense. Raises ConfigError."""
        self.error(mark, message)
        raise ConfigError(self.text())

    def text(self) -> str:
        """Return every error, in the order of the file."""
        return "\n".join(line for _, line in sorted(self.errors, key=lambda entry: entry[0]))

    def _line(self, mark: Mark, message: str) -> str:
        for value, reference in self._hidden.items():
            message = message.replace(value, reference)
        where = f"{self.file}:{mark.line}: "
        return f"{where}{mark.path}: {message}" if mark.path else where + message
