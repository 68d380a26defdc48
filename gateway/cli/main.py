"""The commands and their options. What each does is in a module of its own."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import check as checking
from gateway.cli import evaluate as evaluating
from gateway.cli import ext_proc as processing
from gateway.cli import fake_provider as faking
from gateway.cli import keys as keeping
from gateway.cli import label as labelling
from gateway.cli import replay as replaying
from gateway.cli import report as reporting
from gateway.cli import route as routing
from gateway.cli import schema as schemas
from gateway.cli import up as serving
from gateway.cli.configuration import out, writable
from gateway.cli.evaluate import LABELS
from gateway.cli.starting import LogLevel
from gateway.version import VERSION

app = typer.Typer(
    name="pointsman",
    help="An LLM gateway that decides, for every request, which model should serve it.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigPath = Annotated[Path | None, typer.Argument(metavar="CONFIG", help="The configuration; unset, config.yaml.")]
ConfigToo = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration, as other commands take it.")]
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The configuration.")]
IgnoreUnsupported = Annotated[
    bool, typer.Option("--ignore-unsupported", help="Drop keys of Plano's for parts that Pointsman does not have.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
JunitOption = Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.", callback=writable)]
RecordOption = Annotated[
    Path | None, typer.Option(help="Ask the LLM classifier, and write its verdicts here.", callback=writable)
]
DEFAULT_CONFIG = Path("config.yaml")
SHARE = "[TAG=]SHARE"


def _either(argument: Path | None, option: Path | None) -> Path:
    """Return the configuration, by whichever way it was given."""
    if argument and option and argument != option:
        raise typer.BadParameter(f"the configuration is {argument} and, by --config, {option}; give it once")
    return argument or option or DEFAULT_CONFIG


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,  # noqa: FBT002
) -> None:
    """Print the version, or which commands there are."""
    if version:
        out.print(f"pointsman {VERSION}")
    elif context.invoked_subcommand is None:
        out.print(context.get_help(), markup=False)


@app.command()
def up(
    path: ConfigPath = None,
    config: ConfigToo = None,
    address: Annotated[str | None, typer.Option(help="Listen here, not where the configuration says.")] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port.", min=0, max=65535)] = None,
    workers: Annotated[int, typer.Option(help="How many processes share the port; pins must be in Redis.", min=1)] = 1,
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = LogLevel.INFO,
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002 - this is how typer spells a flag
    worker: Annotated[str | None, typer.Option(hidden=True, help="What a supervisor gives its workers.")] = None,
) -> None:
    """Start the gateway. SIGTERM and Ctrl-C finish what is in flight; SIGHUP reads the configuration again."""
    serving.up(_either(path, config), serving.Options(address, port, log_level, ignore_unsupported, workers, worker))


@app.command()
def ext_proc(
    path: ConfigPath = None,
    config: ConfigToo = None,
    address: Annotated[str, typer.Option(help="Listen here for Envoy: host:port or unix:/path.")] = "127.0.0.1:12001",
    streams_unseen: Annotated[  # noqa: FBT002
        bool, typer.Option("--streams-unseen", help="Let streams that need no change pass unwatched, their usage too.")
    ] = False,
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = LogLevel.INFO,
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Decide inside Envoy, as its external processor (gRPC). SIGTERM drains; SIGHUP reads the configuration again."""
    processing.ext_proc(
        _either(path, config), processing.Options(address, streams_unseen, log_level, ignore_unsupported)
    )


@app.command()
def check(
    path: ConfigPath = None,
    config: ConfigToo = None,
    as_json: AsJson = False,  # noqa: FBT002
    strict: Annotated[bool, typer.Option("--strict", help="Take doubts about the routes for errors.")] = False,  # noqa: FBT002
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell where requests go too.")] = False,  # noqa: FBT002
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Say everything that is wrong with a configuration; exit 0 if nothing is, else 1."""
    checking.check(
        _either(path, config), as_json=as_json, strict=strict, verbose=verbose, ignore_unsupported=ignore_unsupported
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    schemas.schema()


@app.command()
def route(
    prompt: Annotated[list[str], typer.Argument(help="What a user would say; `-` reads it from standard input.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: AsJson = False,  # noqa: FBT002
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Decide about one prompt and say why, without a server."""
    if len(prompt) > 1:
        raise typer.BadParameter(f"put the prompt in quotes: pointsman route {shlex.quote(' '.join(prompt))}")
    routing.route(prompt[0], config, as_json=as_json, ignore_unsupported=ignore_unsupported)


@app.command("test")
def evaluate(
    labels: Annotated[
        Path | None,
        typer.Argument(help=f"Labelled prompts, YAML or JSONL; unset: {LABELS} beside the configuration."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    recorded: Annotated[Path | None, typer.Option(help="Verdicts of the LLM classifier, to decide by.")] = None,
    record: RecordOption = None,
    seed: Annotated[int, typer.Option(help="What the noise is drawn from.")] = 0,
    noise: Annotated[bool, typer.Option(help="Whether to decide about noised prompts too.")] = True,  # noqa: FBT002
    min_accuracy: Annotated[
        list[str] | None,
        typer.Option(metavar=SHARE, help="The least share of right decisions; 1 where it is not given."),
    ] = None,
    max_flips: Annotated[
        list[str] | None, typer.Option(metavar=SHARE, help="The most decisions that noise may change.")
    ] = None,
    max_abstain: Annotated[
        list[str] | None, typer.Option(metavar=SHARE, help="The most prompts that may match nothing.")
    ] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Say which thresholds would do better.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    junit: JunitOption = None,
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Decide about labelled prompts, without a server; exit 0 if every gate holds, 1 if not, 2 if it cannot be told."""
    options = evaluating.Options(
        recorded=recorded,
        record=record,
        seed=str(seed) if noise else None,
        gates={
            "min-accuracy": min_accuracy or (),
            "max-flips": max_flips or (),
            "max-abstain": max_abstain or (),
        },
        suggest=suggest,
        as_json=as_json,
        junit=junit,
    )
    evaluating.evaluate(labels, config, options, ignore_unsupported=ignore_unsupported)


@app.command()
def fake_provider(
    address: Annotated[str, typer.Option(help="Listen here.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Listen on this port; 0 takes a free one.", min=0, max=65535)] = 12100,
    pace: Annotated[float, typer.Option(help="Seconds between the frames of a stream.", min=0)] = 0.02,
) -> None:
    """Start a provider that makes its answers up, in all three formats, to try the gateway without a key."""
    faking.fake_provider(address, port, pace)


@app.command()
def report(
    config: ConfigOption = DEFAULT_CONFIG,
    log: Annotated[Path | None, typer.Option(help="The log: a folder or a file; unset, the configuration's.")] = None,
    since: Annotated[str, typer.Option(help="How far back: 30m, 12h, 7d, 2w.")] = "7d",
    by: Annotated[str, typer.Option(help="What to group by: route, model, caller, day, hour.")] = "route,model",
    as_json: AsJson = False,  # noqa: FBT002
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,  # noqa: FBT002
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Say what was used, by whom, what it cost and what it saved; exit 2 if there is no log."""
    options = reporting.Options(since=since, by=by, as_json=as_json, as_csv=as_csv)
    reporting.report(log, config, options, ignore_unsupported=ignore_unsupported)


LogOption = Annotated[
    Path | None, typer.Option("--log", help="The log: a folder or a file; unset, the configured one.")
]
PromptsOption = Annotated[
    Path | None, typer.Option("--prompts", help="Decide about these prompts (txt, JSONL, YAML) and not about the log.")
]
BackOption = Annotated[str | None, typer.Option("--since", help="How far back the log is read: 12h, 7d; unset, all.")]
MaxChanged = Annotated[
    str | None, typer.Option("--max-changed", metavar="SHARE", help="Exit 1 if more changes: 5% or 0.05.")
]
ShowOption = Annotated[int, typer.Option("--show", help="How many changes are shown, the least certain first.", min=0)]


@app.command()
def replay(
    new: Annotated[Path, typer.Argument(help="The configuration to try.")],
    config: Annotated[
        Path, typer.Option("--config", "-c", help="With --prompts: what to compare with.")
    ] = DEFAULT_CONFIG,
    log: LogOption = None,
    prompts: PromptsOption = None,
    since: BackOption = None,
    max_changed: MaxChanged = None,
    show: ShowOption = 20,
    as_json: AsJson = False,  # noqa: FBT002
    junit: JunitOption = None,
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Say what a configuration would have decided over the log; exit 1 if more changed than allowed, 2 if unknown."""
    options = replaying.Options(log, prompts, since, max_changed, show, as_json, junit)
    replaying.replay(new, config, options, ignore_unsupported=ignore_unsupported)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The configuration before.")],
    new: Annotated[Path, typer.Argument(help="The configuration after.")],
    log: LogOption = None,
    prompts: PromptsOption = None,
    since: BackOption = None,
    max_changed: MaxChanged = None,
    show: ShowOption = 20,
    as_json: AsJson = False,  # noqa: FBT002
    junit: JunitOption = None,
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Say about which requests two configurations decide differently; exits as `replay` does."""
    options = replaying.Options(log, prompts, since, max_changed, show, as_json, junit)
    replaying.diff(old, new, options, ignore_unsupported=ignore_unsupported)


@app.command()
def label(
    ident: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A decision; `-`, with --prompt, for none; unset to list."),
    ] = None,
    route: Annotated[str | None, typer.Argument(metavar="[ROUTE]", help="Where its prompt belongs.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    log: LogOption = None,
    prompt: Annotated[str | None, typer.Option(help="What was said, where the log does not store it.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the last label, or that of ID.")] = False,  # noqa: FBT002
    limit: Annotated[int, typer.Option(help="How many decisions are listed.", min=1)] = 20,
    as_json: AsJson = False,  # noqa: FBT002
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """Make a prompt an example of its route; without arguments, list the decisions that were least certain."""
    options = labelling.Options(log, prompt, undo, limit, as_json, ignore_unsupported)
    labelling.label(ident, route, config, options)


keys = typer.Typer(help="Make and list the keys of callers.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@keys.command("new")
def new_key(
    name: Annotated[str, typer.Option(help="What the caller is called in logs and metrics.")] = "somebody",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Make a key: it is printed once, with the hash that belongs into config.yaml."""
    keeping.new(name, as_json=as_json)


@keys.command("hash")
def hash_key(as_json: AsJson = False) -> None:  # noqa: FBT002
    """Print the hash of the key on standard input."""
    keeping.hash_key(as_json=as_json)


@keys.command("list")
def list_keys(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: AsJson = False,  # noqa: FBT002
    ignore_unsupported: IgnoreUnsupported = False,  # noqa: FBT002
) -> None:
    """List the callers of a configuration and what they may use."""
    keeping.listed(config, as_json=as_json, ignore_unsupported=ignore_unsupported)
