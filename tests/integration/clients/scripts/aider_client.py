"""Aider edits a file, by either vendor's API, streamed and whole."""

import os
import subprocess
import sys
from pathlib import Path

from reporting import case, main


def edit(url, *words, **environment):
    Path("hello.txt").write_text("nothing\n")
    command = Path(sys.executable).parent / "aider"
    options = "--yes-always --no-git --no-check-update --no-show-release-notes --no-gitignore --no-show-model-warnings"
    options += " --analytics-disable --edit-format whole --map-tokens 0 --no-pretty"
    ran = subprocess.run(
        [command, *options.split(), *words, "--message", "Write the greeting", "hello.txt"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-500:]
    return Path("hello.txt").read_text() or ran.stdout[-500:]


@case
def by_openais(url, model):
    environment = {"OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": "unused"}
    return [edit(url, "--model", f"openai/{model}", stream, **environment) for stream in ("--stream", "--no-stream")]


@case
def by_anthropics(url, model):
    environment = {"ANTHROPIC_API_BASE": url, "ANTHROPIC_API_KEY": "unused"}
    return edit(url, "--model", f"anthropic/{model}", "--stream", **environment)


if __name__ == "__main__":
    main()
