#!/usr/bin/env bash
# Install the real clients that tests/integration/clients drives, each into an environment of its own below .venv-clients,
# since their requirements do not agree. The versions are those that docs/tried-with.md tells of.
#
# usage: scripts/clients.sh [NAME...]        all, or those that are named; NEWEST=1 takes the newest versions
set -euo pipefail
cd "$(dirname "$0")/.."

readonly PYTHON=$PWD/.venv/bin/python

packages() {
    cat <<'END'
claude-code claude-agent-sdk==0.2.189
codex openai-codex-cli-bin==0.163.0
openai openai==3.57.0
anthropic anthropic==2.14.0
langchain langchain==1.5.2 langchain-openai==1.7.4 langchain-anthropic==1.7.10
pydantic-ai pydantic-ai-slim[openai,anthropic]==2.68.0
openai-agents openai-agents==0.24.0
litellm litellm==1.110.2
instructor instructor==1.17.0 anthropic==2.14.0
llm llm==0.36 llm-anthropic==0.30
aider aider-chat==0.86.2
END
}

install() {
    if command -v uv >/dev/null; then
        [ -x "$1/bin/python" ] || uv venv --quiet --python "$PYTHON" "$1"
        uv pip install --quiet --python "$1/bin/python" "${@:2}"
    else
        [ -x "$1/bin/python" ] || "$PYTHON" -m venv "$1"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}"
    fi
}

packages | while read -r name wanted; do
    case " $* " in *" $name "* | "  ") ;; *) continue ;; esac
    [ -z "${NEWEST:-}" ] || wanted=$(sed 's/==[^ ]*//g' <<<"$wanted")
    echo "$name: $wanted"
    # shellcheck disable=SC2086 # one word for each package
    install ".venv-clients/$name" $wanted </dev/null
done
