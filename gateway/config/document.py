"""YAML as plain data that remembers where each value stood.

Mappings and lists come out as `YamlMapping` and `YamlList`: a dict and a list with a mark for every member. Marks
travel with the data, so that a value which is moved to another key is still reported at the line that its author sees.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gateway.config.report import Mark, Report

Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_NODES: Final = 500_000
"""More values than this, with every alias counted where it is used, are taken for an accident or a bomb."""
MAX_DEPTH: Final = 50
_BRACES: Final = re.compile(r"\{[^'\"]*\$\{")
"""`${NAME}` without quotes in a mapping that is written in braces."""
_MERGE: Final = "tag:yaml.org,2002:merge"
_AT_A_TAB: Final = "cannot start any token"
_PLAIN: Final = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class YamlMapping(dict[str, Any]):
    """A mapping that knows where its members stood."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        """Set a member that stood at `mark`."""
        self[key] = value
        self.marks[key] = mark

    def take(self, key: str) -> tuple[Any, Mark]:
        """Remove a member."""
        return self.pop(key), self.marks.pop(key)


class YamlList(list[Any]):
    """A list that knows where its members stood."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []

    def put(self, value: Any, mark: Mark) -> None:
        """Append a member that stood at `mark`."""
        self.append(value)
        self.marks.append(mark)

    def take(self, index: int) -> tuple[Any, Mark]:
        """Remove a member."""
        return self.pop(index), self.marks.pop(index)


def locate(root: YamlMapping, path: Iterable[str | int]) -> Mark:
    """Return the mark of what a path leads to, or of the last step that exists."""
    mark = Mark(1, "")
    for holder, key in walk(root, path):
        mark = holder.marks[key]
    return mark


def walk(root: YamlMapping, path: Iterable[str | int]) -> Iterator[tuple[YamlMapping | YamlList, Any]]:
    """Yield the holder and the key of each step of a path that exists; others (a union's tag, say) are skipped."""
    node: Any = root
    for step in path:
        if step in members(node):
            yield node, step
            node = node[step]


def members(node: Any) -> Sequence[Any]:
    """Return the keys or indices of a node, none for a scalar."""
    return range(len(node)) if isinstance(node, YamlList) else list(node) if isinstance(node, YamlMapping) else ()


def find(node: Any, pattern: tuple[str, ...]) -> Iterator[tuple[Any, Any, Mark]]:
    """Yield each place that a pattern leads to: its holder, its key there, and its mark. `*` is every member.

    The holder is a YamlMapping where the pattern ends in a name; after `*` it may be a YamlList.
    """
    for key in (key for key in members(node) if pattern[0] in {key, "*"}):
        if len(pattern) > 1:
            yield from find(node[key], pattern[1:])
        else:
            yield node, key, node.marks[key]


def read_document(text: str, report: Report) -> YamlMapping:
    """Parse config.yaml. Raises ConfigError where it cannot be read at all; other problems go to `report`."""
    try:
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.fatal(
            Mark(mark.line + 1 if mark else 1, ""), f"not valid YAML{_column(mark)}: {_sentence(error, text, mark)}"
        )
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report.fatal(Mark(line, ""), f"not valid YAML: {error.reason}")
    except RecursionError:
        report.fatal(Mark(1, ""), f"nested deeper than {MAX_DEPTH} levels")
    return _top(root, report)


def _sentence(error: yaml.MarkedYAMLError, text: str, mark: yaml.Mark | None) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    if _AT_A_TAB in said:
        return f"{said}; YAML is indented by spaces, not by tabs"
    if mark and _BRACES.search("".join(text.splitlines()[mark.line : mark.line + 1])):
        return f"{said}; inside of {{ }} a value with braces needs quotes: '${{NAME}}'"
    return said


def _column(mark: yaml.Mark | None) -> str:
    return f" at column {mark.column + 1}" if mark else ""


def _top(root: yaml.Node | None, report: Report) -> YamlMapping:
    value = _Builder(report).build(root, Mark(1, ""), 0) if root else None
    if not isinstance(value, YamlMapping):
        report.fatal(Mark(1, ""), "the file must be a mapping; the least it can hold is model_providers")
    return value


@dataclass(slots=True)
class _Builder:
    """Turns nodes into values, counting them: an alias costs what it stands for, each time it is used."""

    report: Report
    nodes: int = 0
    scalars: Any = field(default_factory=yaml.constructor.SafeConstructor)

    def build(self, node: yaml.Node, mark: Mark, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            self.report.fatal(mark, f"nested deeper than {MAX_DEPTH} levels, or an alias that contains itself")
        if self.nodes > MAX_NODES:
            self.report.fatal(mark, f"more than {MAX_NODES} values once its aliases are followed")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, mark)
        if node.tag not in _PLAIN:
            self.report.error(mark, f"the YAML tag {node.tag} is not supported here")
        return self._mapping(node, mark, depth) if isinstance(node, yaml.MappingNode) else self._list(node, mark, depth)

    def _scalar(self, node: yaml.ScalarNode, mark: Mark) -> Any:
        try:
            return self.scalars.construct_object(node)
        except yaml.constructor.ConstructorError:
            self.report.error(mark, f"the YAML tag {node.tag} is not supported here")
        except ValueError:
            self.report.error(mark, f"not a {node.tag.rpartition(':')[2]}; put it in quotes if it is text")
        return None

    def _list(self, node: yaml.Node, mark: Mark, depth: int) -> YamlList:
        values = YamlList()
        for index, child in enumerate(node.value):
            at = Mark(child.start_mark.line + 1, f"{mark.path}[{index}]")
            values.put(self.build(child, at, depth + 1), at)
        return values

    def _mapping(self, node: yaml.Node, mark: Mark, depth: int) -> YamlMapping:
        values = YamlMapping()
        for key, child in self._own(node, mark):
            at = Mark(key.start_mark.line + 1, f"{mark.path}.{key.value}" if mark.path else key.value)
            if key.value in values:
                self.report.error(at, f"is given twice, on lines {values.marks[key.value].line} and {at.line}")
            else:
                values.put(key.value, self.build(child, at, depth + 1), at)
        for name, value, at in self._merged(node, mark, depth):
            if name not in values:
                values.put(name, value, at)
        return values

    def _own(self, node: yaml.Node, mark: Mark) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.report.error(Mark(key.start_mark.line + 1, mark.path), "a key must be plain text")
            elif key.tag != _MERGE:
                yield key, child

    def _merged(self, node: yaml.Node, mark: Mark, depth: int) -> Iterator[tuple[str, Any, Mark]]:
        """Yield what `<<` brings in; of several sources the first to name a key wins, as YAML's merge type says."""
        for key, child in node.value:
            if key.tag != _MERGE:
                continue
            for source in child.value if isinstance(child, yaml.SequenceNode) else [child]:
                value = self.build(source, mark, depth + 1)
                if isinstance(value, YamlMapping):
                    yield from ((name, value[name], value.marks[name]) for name in value)
                else:
                    self.report.error(
                        Mark(key.start_mark.line + 1, mark.path), "<< must name a mapping, or a list of them"
                    )
