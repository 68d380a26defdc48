"""`pointsman test`: labelled prompts against the configured routes, without a server, a network or a key."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import aiohttp
import typer

from filters.errors import ConfigError
from filters.routing.llm.classifier import STAGE
from filters.routing.llm.recorder import RecordingModel
from filters.routing.prompt import prompt_of
from gateway.cli.configuration import err, out, read
from gateway.config.model import Config
from gateway.evaluation.gates import Gate, Kind, parse_gate, pass_gates, unknown_tags
from gateway.evaluation.junit import junit
from gateway.evaluation.labels import Case, read_labels
from gateway.evaluation.last_test import save_test
from gateway.evaluation.nearest import Nearest
from gateway.evaluation.recording import ask_all
from gateway.evaluation.report import report
from gateway.evaluation.result import Result, as_json
from gateway.evaluation.run import Evaluation, Outcome, Replay
from gateway.evaluation.suggest import Sample, Suggestion, suggest_each, suggest_shared
from gateway.runtime.classifiers import Learned, combine, embedded_classifier, llm_model

LABELS: Final = "routing_tests.yaml"
"""The labelled prompts, beside the configuration, where no other file is named."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `pointsman test` was told; the gates as they were written, `seed` None where there is to be no noise."""

    recorded: Path | None
    record: Path | None
    seed: str | None
    gates: Mapping[Kind, Sequence[str]]
    suggest: bool
    as_json: bool
    junit: Path | None


def evaluate(labels: Path | None, path: Path, options: Options, *, ignore_unsupported: bool) -> None:
    """Decide about every case and print what that amounts to; exit 0 if all gates hold, 1 if not, 2 if it cannot be."""
    config = read(path, ignore_unsupported=ignore_unsupported).config
    labels = labels or path.parent / LABELS
    gates = _gates(options)
    try:
        cases = read_labels(labels, [route.name for route in config.routes()])
        replay = _replay(config, cases, options)
    except ConfigError as error:
        _refuse(str(error))
    if problems := unknown_tags(gates, dict.fromkeys(tag for case in cases for tag in case.tags)):
        _refuse("\n".join(problems))
    outcomes = asyncio.run(_decide(config, cases, replay, options.seed))
    result = Result(
        labels=str(labels),
        routes=tuple(route.name for route in config.routes()),
        outcomes=outcomes,
        passages=pass_gates(gates, outcomes),
        suggestions=_suggestions(config, cases) if options.suggest else (),
    )
    if config.admin and config.admin.test_results:
        _save(Path(config.admin.test_results), result, config)
    _tell(result, options)


def _save(path: Path, result: Result, config: Config) -> None:
    try:
        save_test(path, result, config.routes(), config.routing.threshold)
    except ConfigError as error:
        _refuse(str(error))


def _gates(options: Options) -> list[Gate]:
    try:
        return [parse_gate(kind, text) for kind, texts in options.gates.items() for text in texts]
    except ValueError as error:
        _refuse(str(error))


def _replay(config: Config, cases: Sequence[Case], options: Options) -> Replay | None:
    """Return what stands in for the LLM, None where none is asked. Raises ConfigError for a wrong recording."""
    if config.routing.classifier == "embedded":
        if options.record or options.recorded:
            raise ConfigError("--record and --recorded are for an LLM's verdicts; routing.classifier is embedded")
        return None
    if options.record:
        lines = asyncio.run(_record(config, cases, options.seed))
        options.record.write_bytes(b"".join(sorted(set(lines))))
    file = options.record or options.recorded
    if file is None:
        _refuse(
            f"routing.classifier is {config.routing.classifier}: --record FILE asks the model once and keeps its "
            "verdicts, --recorded FILE decides by them"
        )
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        return Replay(lines)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


async def _record(config: Config, cases: Sequence[Case], seed: str | None) -> list[bytes]:
    """Ask the model about everything, and return the lines of a recording."""
    lines: list[bytes] = []
    async with aiohttp.ClientSession() as session:
        model = RecordingModel(llm_model(config, lambda: session), config.routes(), lines.append)
        bound = combine(config, lambda: model).bind(config.routes())
        verdicts = await ask_all(bound, cases, seed, config.routing.llm.max_concurrency)
    if not lines:
        skipped = [one for verdict in verdicts for one in verdict.skipped if one.stage == STAGE]
        reasons = dict.fromkeys(one.reason for one in skipped)
        raise ConfigError(f"nothing was recorded: {', '.join(reasons)}")
    return lines


async def _decide(config: Config, cases: Sequence[Case], replay: Replay | None, seed: str | None) -> list[Outcome]:
    embedded = Learned(config)
    embedded.warm_up()
    bound = (combine(config, lambda: replay, embedded) if replay else embedded).bind(config.routes())
    return await Evaluation(bound, replay, Nearest(bound, embedded.bind)).run(cases, seed)


def _suggestions(config: Config, cases: Sequence[Case]) -> tuple[Suggestion, ...]:
    """Return better thresholds for the embedded classifier, which has them."""
    routes = config.routes()
    if not routes:
        return ()
    bound = embedded_classifier(config).bind(routes)
    sample = Sample.of(routes, cases, [bound.decide(prompt_of(case.chat)) for case in cases])
    return suggest_shared(sample), suggest_each(sample)


def _tell(result: Result, options: Options) -> None:
    if options.junit:
        options.junit.write_bytes(junit(result))
    if options.as_json:
        out.print_json(data=as_json(result))
    else:
        for part in report(result):
            out.print(part)
    if not result.holds:
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    err.print(message, style="red", markup=False)
    raise typer.Exit(2)
