#!/usr/bin/env bash
# Build the image, bring docker-compose up, and hold the running container to what is promised of it: the demo and the
# calls of the README, no root, no privileges, no key needed, and a stop that lets a stream end first. Containers and
# networks are gone afterwards; the image stays, which makes the next build a short one.
#
#   POINTSMAN_PORT   the port on this machine, default 12000
set -euo pipefail
cd "$(dirname "$0")/.."

readonly PATIENCE=60 # seconds
readonly GRACE=40    # seconds; stop_grace_period
port=${POINTSMAN_PORT:-12000}
url=http://localhost:$port

skip() { echo "test-compose is skipped: $*."; exit 0; }
fail() { echo "test-compose: $*" >&2; exit 1; }
say() { echo "ok: $*"; }

command -v docker >/dev/null || skip "there is no docker command"
docker info >/dev/null 2>&1 || skip "no Docker engine answers (docker info fails)"
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
elif command -v docker-compose >/dev/null; then
    compose=(docker-compose)
else
    skip "there is neither docker-compose nor the compose plug-in"
fi
command -v curl >/dev/null || skip "curl is not installed"
(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail "port $port is taken; name another: POINTSMAN_PORT=12001 make test-compose"

# A project of its own: what the user has composed keeps running.
compose+=(--project-name pointsman-test --profile demo-upstream)
export POINTSMAN_PORT=$port
unset OPENAI_API_KEY ANTHROPIC_API_KEY

work=$(mktemp -d)
finish() {
    status=$?
    [ "$status" = 0 ] || "${compose[@]}" logs --tail=40 >&2 || true
    rm -rf "$work"
    "${compose[@]}" down --volumes --remove-orphans >/dev/null 2>&1
    exit "$status"
}
trap finish EXIT
state() { docker inspect --format "{{.State.$1}}" "$gateway"; }

# up CONFIG [SERVICE...]: start afresh and wait until the gateway is healthy.
up() {
    POINTSMAN_CONFIG=$1 "${compose[@]}" up --detach --force-recreate "${@:2}" >"$work/up" 2>&1 ||
        { cat "$work/up" >&2; fail "docker-compose up failed"; }
    gateway=$("${compose[@]}" ps --quiet gateway)
    local deadline=$((SECONDS + PATIENCE))
    until [ "$(state Health.Status)" = healthy ]; do
        [ "$(state Running)" = true ] && [ "$SECONDS" -lt "$deadline" ] || fail "the gateway did not become healthy"
        sleep 0.5
    done
}

# answers WANTED <COMMAND: run the command against this port, and compare the decision without its trace id.
answers() {
    local command got
    command=$(cat)
    got=$(bash -c "${command//localhost:12000/localhost:$port}" 2>/dev/null | sed 's/"trace_id": *"[0-9a-f]\{32\}"/"trace_id":"…"/')
    [ "$got" = "$1" ] || fail "wanted $1, got $got"
}

base=$(sed -n 's/^ARG BASE=//p' Dockerfile)
if ! docker image inspect "$base" >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
    scripts/build-base-image.sh
fi
"${compose[@]}" build gateway >"$work/build" 2>&1 || { tail -n 40 "$work/build" >&2; fail "the image does not build"; }
say "the image is built: $(docker image ls --format '{{.Repository}} {{.Size}}' pointsman:latest)"

up ./config.yaml gateway
say "the gateway is healthy without a key"

POINTSMAN_URL=$url ./demo.sh | sed 's/"trace_id": "[0-9a-f]\{32\}"/"trace_id": "<trace id>"/' |
    diff tests/integration/demo_output.txt - || fail "the demo printed something else"
say "demo.sh prints what it should"

answers '{"model":"anthropic/claude-sonnet-4-20250514","route":"code_generation","trace_id":"…"}' <<'COMMAND'
curl http://localhost:12000/routing/v1/chat/completions \
-H "Content-Type: application/json" \
-d '{
"model": "gpt-4o-mini",
"messages": [{"role": "user", "content": "Write a Python function for binary search"}]
}'
COMMAND
answers '{"model":"anthropic/claude-sonnet-4-20250514","route":"code_generation","trace_id":"…","session_id":"my-session-123","pinned":false}' <<'COMMAND'
curl http://localhost:12000/routing/v1/chat/completions \
-H "Content-Type: application/json" \
-H "X-Session-Id: my-session-123" \
-d '{
"model": "gpt-4o-mini",
"messages": [{"role": "user", "content": "Write a Python function for binary search"}]
}'
COMMAND
answers '{"model":"anthropic/claude-sonnet-4-20250514","route":"code_generation","trace_id":"…","session_id":"my-session-123","pinned":true}' <<'COMMAND'
curl http://localhost:12000/routing/v1/chat/completions \
-H "Content-Type: application/json" \
-H "X-Session-Id: my-session-123" \
-d '{
"model": "gpt-4o-mini",
"messages": [{"role": "user", "content": "Now explain merge sort"}]
}'
COMMAND
say "the curl calls of the README decide and pin"

inside() { docker exec "$gateway" sh -c "$1"; }
[ "$(inside 'id -u')" != 0 ] || fail "the gateway runs as root"
inside 'grep -q "^NoNewPrivs:.1" /proc/1/status' || fail "privileges could be gained"
inside 'grep -q "^CapEff:.0*$" /proc/1/status' || fail "the container has capabilities"
! inside 'touch /opt/pointsman/x' 2>/dev/null || fail "the file system can be written"
say "no root, no capabilities, nothing to write on"

up ./demo/upstream.yaml
stream=$work/stream
curl --silent --no-buffer --max-time 60 "$url/v1/chat/completions" --data '{
  "model": "openai/fake-100x50ms", "stream": true, "messages": [{"role": "user", "content": "What is the capital of France?"}]
}' >"$stream" &
client=$!
until [ -s "$stream" ]; do
    kill -0 "$client" 2>/dev/null || fail "the stream did not start"
    sleep 0.1
done
say "/v1/chat/completions streams from the demo upstream"
stopped=$SECONDS
docker stop --time "$GRACE" "$gateway" >/dev/null
wait "$client" || fail "a stream was cut by the stop"
grep -q '^data: \[DONE\]' "$stream" || fail "a stream did not end cleanly"
[ "$(state ExitCode)" = 0 ] || fail "the gateway ended with status $(state ExitCode)"
say "SIGTERM let a stream end and stopped the gateway after $((SECONDS - stopped)) s with status 0"
