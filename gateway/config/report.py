"""Where things stood in the file, and what was wrong with them."""

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something to tell of a place in a file."""

    line: int
    path: str
    message: str
    file: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.path}: {self.message}" if self.path else where + self.message


class WrongConfigError(ConfigError):
    """A configuration that is wrong, with every problem in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Report:
    """Collects what is wrong, so that all of it can be said at once."""

    file: str
    _errors: list[Problem] = field(default_factory=list)
    _notes: list[Problem] = field(default_factory=list)
    _hidden: dict[str, str] = field(default_factory=dict, repr=False)

    def hide(self, value: str, reference: str) -> None:
        """Show a reference (`$NAME`) wherever its value would be told; what is shorter than a secret is not hidden."""
        if len(value) >= _SECRET_LENGTH:
            self._hidden[value] = reference

    def error(self, mark: Mark, message: str) -> None:
        """Note something that must be mended."""
        problem = self._problem(mark, message)
        if problem not in self._errors:
            self._errors.append(problem)

    def warn(self, mark: Mark, message: str) -> None:
        """Note something that the operator should know."""
        self._notes.append(self._problem(mark, message))

    def fatal(self, mark: Mark, message: str) -> NoReturn:
        """Note something after which reading on makes no sense. Raises WrongConfigError."""
        self.error(mark, message)
        raise WrongConfigError(self.errors)

    @property
    def errors(self) -> list[Problem]:
        """Every error, in the order of the file."""
        return sorted(self._errors, key=lambda problem: problem.line)

    @property
    def notes(self) -> list[Problem]:
        """Every warning, in the order of the file."""
        return sorted(self._notes, key=lambda problem: problem.line)

    def text(self) -> str:
        """Return every error, a line each."""
        return "\n".join(map(str, self.errors))

    def _problem(self, mark: Mark, message: str) -> Problem:
        for value, reference in self._hidden.items():
            message = message.replace(value, reference)
        return Problem(mark.line, mark.path, message, self.file)
