"""Coding agents as processes: the real Claude Code and Codex, in a home of their own, with a gateway as their provider.

`make test-agents` installs them. Both are found in environments of their own, so that what they need is not mixed with
what the gateway needs.
"""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import termios
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Self

from tests.support.acting import ActingProvider
from tests.support.gateway import Gateway, config_text, load, running

CLIENTS = Path(__file__).parents[2] / ".venv-clients"
SCRIPTS = Path(__file__).parents[1] / "integration/clients/scripts"
MISSING = "{} is not installed; `make test-agents` does it"
LONGEST = 170.0
"""Seconds that one run may take. Most take three on a machine that has nothing else to do."""


def client(name: str, pattern: str) -> Path | None:
    """Return the file of a client that matches a pattern below its environment; None where it is not installed."""
    return next((CLIENTS / name).glob(pattern), None)


CLAUDE = client("claude-code", "lib/python*/site-packages/claude_agent_sdk/_bundled/claude")
CODEX = client("codex", "lib/python*/site-packages/codex_cli_bin/bin/codex")


UPSTREAMS = {
    "openai_chat": "openai/gpt-5.5",
    "openai_responses": "openai/gpt-5.5",
    "anthropic_messages": "anthropic/claude-opus-4-8",
}
"""A model for each format in which a provider may be asked."""
ALIASES = ("gpt-5.5", "claude-sonnet-4-5")
"""Names that clients know models by, which any upstream serves here."""


def before(folder: Path, provider: ActingProvider, wire: str, model: str) -> AbstractAsyncContextManager[Gateway]:
    """Return a gateway in front of a provider that serves one model in one format, under all `ALIASES` too."""
    entry = {"model": model, "base_url": provider.url, "access_key": "k", "formats": f"[{wire}]", "default": "true"}
    aliases = ", ".join(f"{name}: {{target: {model}}}" for name in ALIASES if not model.endswith(f"/{name}"))
    return running(load(folder, config_text([entry], model_aliases=f"{{{aliases}}}")))


class EndedError(Exception):
    """An agent ended with an error."""


async def run(command: list[str], home: Path, environment: dict[str, str]) -> str:
    """Return what a client prints, run in a folder of its home; `EndedError` where it fails."""
    work = home / "work"
    work.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=work,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "NO_COLOR": "1", **environment},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise EndedError(f"{process.returncode}: {out.decode()[-2000:]} {err.decode()[-2000:]}")
    return out.decode()


_CONTROL = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b\][^\x07]*\x07|\x1b[()=>78][AB]?")


def _claude_environment(url: str, model: str) -> dict[str, str]:
    return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": "unused", "ANTHROPIC_DEFAULT_HAIKU_MODEL": model}


class Claude:
    """Claude Code without a terminal. Each `ask` is a process; what it reports is its `stream-json` output."""

    def __init__(self, home: Path, url: str, model: str = "auto", **environment: str) -> None:
        self.home, self.model = home, model
        self._environment = {**_claude_environment(url, model), **environment}

    async def ask(self, prompt: str, *options: str) -> list[dict[str, Any]]:
        """Return what it reports of one prompt; `EndedError` where it fails."""
        fixed = ["--model", self.model, "--output-format", "stream-json", "--verbose"]
        out = await run([str(CLAUDE), "-p", prompt, *fixed, *options], self.home, self._environment)
        return [json.loads(line) for line in out.splitlines()]


class Terminal:
    """Claude Code in a terminal, for what it does only there. Use it as a context; what it shows is in `shown`."""

    def __init__(self, home: Path, url: str, *options: str) -> None:
        self._home, self._options = home, options
        self._environment = {**_claude_environment(url, "auto"), "TERM": "xterm-256color"}
        self.shown, self._news = b"", asyncio.Event()

    async def __aenter__(self) -> Self:
        work = self._home / "work"
        work.mkdir(exist_ok=True)
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        settings = {"hasCompletedOnboarding": True, "theme": "dark", "projects": {str(work): trusted}}
        (self._home / ".claude.json").write_text(json.dumps(settings))
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self._process = await asyncio.create_subprocess_exec(
            str(CLAUDE),
            *("--model", "auto", *self._options),
            cwd=work,
            env={"HOME": str(self._home), "PATH": os.environ["PATH"], **self._environment},
            **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
            start_new_session=True,
        )
        os.close(theirs)
        asyncio.get_running_loop().add_reader(self._ours, self._read)
        await self.shows(b"auto")
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        self._process.kill()
        await self._process.wait()
        os.close(self._ours)

    def _read(self) -> None:
        with suppress(OSError):  # at its end
            self.shown += os.read(self._ours, 65536)
        self._news.set()

    async def shows(self, text: bytes) -> None:
        """Wait until it shows a text since the last thing that was typed, without the blanks, which it jumps over."""
        async with asyncio.timeout(LONGEST):
            while text not in _CONTROL.sub(b"", self.shown).replace(b" ", b""):
                self._news.clear()
                await self._news.wait()

    async def types(self, text: str) -> None:
        """Type a line; it is entered when it stands there."""
        os.write(self._ours, text.encode())
        await self.shows(text[-20:].replace(" ", "").encode())
        self.shown = b""
        await asyncio.sleep(0.5)
        os.write(self._ours, b"\r")


def result(report: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last word of a report of Claude Code; `EndedError` where that is an error."""
    last = next(each for each in reversed(report) if each["type"] == "result")
    if last["is_error"]:
        raise EndedError(str(last.get("result")))
    return last


CONFIG = """
model = "{model}"
model_provider = "pointsman"
web_search = "disabled"
{more}
[model_providers.pointsman]
name = "Pointsman"
base_url = "{url}/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""


class Codex:
    """Codex without a terminal. Each `ask` is a process; what it reports is its `--json` output."""

    def __init__(self, home: Path, url: str, model: str = "auto", more: str = "") -> None:
        self.home = home
        (home / ".codex").mkdir()
        (home / ".codex/config.toml").write_text(CONFIG.format(url=url, model=model, more=more))

    async def ask(self, prompt: str, *options: str, before: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return what it reports of one prompt; `before` are words before the prompt, such as `resume --last`."""
        fixed = ["exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", *options]
        out = await run([str(CODEX), *fixed, *before, prompt], self.home, {})
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def said(report: list[dict[str, Any]]) -> str:
    """Return all that Codex said to its user."""
    items = [each["item"] for each in report if each["type"] == "item.completed"]
    return "\n".join(item["text"] for item in items if item["type"] == "agent_message")


async def cases(name: str, script: str, home: Path, *asked: str, **environment: str) -> dict[str, Any]:
    """Run a script of a client and return what its cases told; `EndedError` says which failed.

    `asked` is the URL, the model and the names of cases, none for all: see `clients/scripts/reporting`.
    """
    python = client(name, "bin/python")
    out = await run([str(python), str(SCRIPTS / f"{script}.py"), *asked], home, environment)
    report = [json.loads(line) for line in out.splitlines() if line.startswith('{"case"')]
    if failed := [f"{each['case']}: {each['failed']}" for each in report if each["failed"]]:
        raise EndedError("; ".join(failed))
    return {each["case"]: each["told"] for each in report}
