"""From a path to a configuration, or to everything that is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from filters.errors import ConfigError
from gateway.config.check import check, warn
from gateway.config.decision_log import DecisionLogSection
from gateway.config.document import YamlMapping, find, locate, members, read_document
from gateway.config.egress import fill_proxies
from gateway.config.environment import Surroundings, expand
from gateway.config.examples import read_examples
from gateway.config.model import Config
from gateway.config.names import Finding, names_written
from gateway.config.plano import translate
from gateway.config.report import Problem, Report, WrongConfigError
from gateway.config.validate import validate, validate_filters

_LOG: Final = DecisionLogSection.model_fields["path"].default
_NAMED_BY_USERS: Final = frozenset({"headers", "model_aliases"})
"""Mappings whose keys are no words of ours: a header may well begin with `x-`."""
_FILES: Final = (
    ("admin", "test_results"),
    ("model_providers", "*", "ca_file"),
    *(("listeners", "*", "tls", name) for name in ("certificate", "key", "client_ca")),
)
"""Where paths of certificates and of figures stand."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and what its operator should know, in the order of the file. `text` is what stood there."""

    config: Config
    notes: tuple[Problem, ...] = ()
    file: str = ""
    text: str = field(default="", repr=False)
    document: YamlMapping = field(default_factory=YamlMapping, repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the operator should know: one sentence each, with file and line where there is one."""
        return tuple(map(str, self.notes))

    def place(self, findings: Iterable[Finding]) -> list[str]:
        """Return findings about the configuration as lines with file, line and key path, in the order of the file."""
        return list(map(str, self._placed(findings)))

    def noting(self, findings: Iterable[Finding]) -> Self:
        """Return the same with findings among its notes."""
        notes = sorted((*self.notes, *self._placed(findings)), key=lambda note: note.line)
        return replace(self, notes=tuple(notes))

    def _placed(self, findings: Iterable[Finding]) -> list[Problem]:
        report = Report(self.file)
        for path, message in findings:
            report.warn(locate(self.document, path), message)
        return report.notes


def load_config(
    path: Path, environ: Mapping[str, str], *, ignore_unsupported: bool = False, text: str | None = None
) -> Loaded:
    """Read config.yaml. Raises ConfigError with every problem, a line each, in the order of the file.

    `environ` is where `$NAME` is looked up. Keys of Plano's for parts that Pointsman does not have are errors, or with
    `ignore_unsupported` warnings. `text` is taken for what stands in the file, where it is given.
    """
    report = Report(str(path))
    text = _read(path) if text is None else text
    root = read_document(text, report)
    _drop_extensions(root)
    translate(root, report, ignore_unsupported=ignore_unsupported)
    read_examples(root, path.parent, report)
    expand(root, Surroundings(environ, path.parent), report)
    fill_proxies(root, environ, report)
    _place_files(root, path.parent)
    before = names_written(root)
    config = validate(root, report)
    if config is not None:
        validate_filters(config, root, report)
        check(config, root, before - names_written(root), report)
    if config is None or report.errors:
        raise WrongConfigError(report.errors)
    warn(config, root, report)
    return Loaded(config, tuple(report.notes), str(path), text, root)


def _drop_extensions(node: Any) -> None:
    """Drop the keys that begin with `x-`, wherever keys are ours: places for YAML anchors, as in Compose files."""
    if isinstance(node, YamlMapping):
        for key in [key for key in node if key.startswith("x-")]:
            node.take(key)
    for key in members(node):
        if key not in _NAMED_BY_USERS:
            _drop_extensions(node[key])


def _place_files(root: YamlMapping, folder: Path) -> None:
    """Let the paths of price lists, certificates, figures and the decision log be those from the file's folder."""
    for holder, key, _ in find(root, ("model_metrics_sources", "*", "url")):
        where = holder[key]
        if holder.get("type") == "cost" and isinstance(where, str) and where.strip() and "://" not in where:
            holder[key] = str(folder / where.strip())
    for pattern in _FILES:
        for holder, key, _ in find(root, pattern):
            if isinstance(holder[key], str) and holder[key].strip():
                holder[key] = str(folder / holder[key].strip())
    log = root.get("decision_log")
    if isinstance(log, YamlMapping) and isinstance(where := log.get("path", _LOG), str) and where.strip():
        log.put("path", str(folder / where.strip()), log.marks.get("path", root.marks["decision_log"]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
