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
compose+=(--project-name pointsman-test)
base=("${compose[@]}" -f docker-compose.yml --profile demo --profile redis --profile scale --profile observability)
compose+=(--profile demo)
export POINTSMAN_PORT=$port
unset OPENAI_API_KEY ANTHROPIC_API_KEY

work=$(mktemp -d)
finish() {
    status=$?
    [ "$status" = 0 ] || "${compose[@]}" logs --tail=40 >&2 || true
    rm -rf "$work"
    "${base[@]}" down --volumes --remove-orphans >/dev/null 2>&1
    exit "$status"
}
trap finish EXIT
state() { docker inspect --format "{{.State.$1}}" "${2:-$gateway}"; }

# healthy CONTAINER: wait until it is.
healthy() {
    local deadline=$((SECONDS + PATIENCE))
    until [ "$(state Health.Status "$1")" = healthy ]; do
        [ "$(state Running "$1")" = true ] && [ "$SECONDS" -lt "$deadline" ] || fail "a gateway did not become healthy"
        sleep 0.5
    done
}

# up CONFIG [SERVICE...]: start afresh and wait until the gateway is healthy.
up() {
    POINTSMAN_CONFIG=$1 "${compose[@]}" up --detach --force-recreate "${@:2}" >"$work/up" 2>&1 ||
        { cat "$work/up" >&2; fail "docker-compose up failed"; }
    gateway=$("${compose[@]}" ps --quiet gateway)
    healthy "$gateway"
}

# answers WANTED <COMMAND: run the command against this port, and compare the decision without its trace id.
answers() {
    local command got
    command=$(cat)
    got=$(bash -c "${command//localhost:12000/localhost:$port}" 2>/dev/null | sed 's/"trace_id": *"[0-9a-f]\{32\}"/"trace_id":"…"/')
    [ "$got" = "$1" ] || fail "wanted $1, got $got"
}

# Where an image that another starts from is missing, it is made of Debian packages if that can be done here.
for image in python redis haproxy prometheus; do
    name=$(sed -n "s,^ARG BASE=\(.*$image:.*\),\1,p; s,^ *image: \(.*$image:.*\),\1,p" Dockerfile docker-compose.yml)
    docker image inspect "$name" >/dev/null 2>&1 && continue
    docker pull --quiet "$name" >/dev/null 2>&1 && continue
    scripts/build-base-image.sh "$image" ||
        fail "no registry has $image, and it cannot be made here: scripts/build-base-image.sh $image needs root and debootstrap"
done
"${compose[@]}" build gateway >"$work/build" 2>&1 || { tail -n 40 "$work/build" >&2; fail "the image does not build"; }
say "the image is built: $(docker image ls --format '{{.Repository}} {{.Size}}' pointsman:latest)"

if POINTSMAN_CONFIG=./no-such-file.yaml "${compose[@]}" up --detach gateway >"$work/up" 2>&1; then
    fail "a configuration that is missing was taken"
fi
grep -q "no-such-file.yaml" "$work/up" && [ ! -e no-such-file.yaml ] || fail "a missing configuration is not named: $(cat "$work/up")"
"${compose[@]}" rm --force --stop gateway >/dev/null 2>&1
say "a missing configuration is refused by name, and no folder of that name is left"

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

# moved PORT: whether the health check follows a configuration that listens elsewhere.
sed 's/^    port: 12000/    port: 12345/' config.yaml >"$work/moved.yaml"
chmod a+r "$work/moved.yaml"; chmod a+x "$work"
up "$work/moved.yaml" gateway
say "a gateway on another port is healthy too"
"${compose[@]}" down >/dev/null 2>&1

# asked URL WANTED: wait until what is answered there holds a text.
asked() {
    local deadline=$((SECONDS + PATIENCE))
    until curl --silent --globoff --max-time 5 "$1" >"$work/asked" && grep -q -- "$2" "$work/asked"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$1 did not come to say $2: $(cat "$work/asked")"
        sleep 1
    done
}

# Metrics and traces, for real.
promtool() { docker run --rm --workdir /rules --volume "$PWD/deploy/prometheus:/rules:ro" --entrypoint promtool "$prometheus" "$@"; }
prometheus=$(sed -n 's/^ *image: \(.*prometheus:.*\)/\1/p' docker-compose.yml)
promtool check config prometheus.yml >"$work/promtool" && promtool test rules alerts_test.yml >>"$work/promtool" 2>&1 ||
    { cat "$work/promtool" >&2; fail "promtool is not content"; }
say "promtool is content with the configuration, the alerts and their tests"
export PROMETHEUS_PORT=${PROMETHEUS_PORT:-9090}
compose+=(--profile observability)
up ./demo/observability.yaml
answers '"fake"' <<'COMMAND'
curl http://localhost:12000/v1/chat/completions -H 'traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01' --data '{
  "model": "auto", "messages": [{"role": "user", "content": "Write a Python function for binary search"}]
}' | grep -o fake | head -n 1 | sed 's/.*/"&"/'
COMMAND
asked "http://localhost:$PROMETHEUS_PORT/api/v1/query?query=pointsman_requests_total{route=\"code_generation\"}" '"route":"code_generation"'
asked "http://localhost:$PROMETHEUS_PORT/api/v1/rules" PointsmanErrorRate
say "Prometheus scrapes the gateway and has its alerts"
deadline=$((SECONDS + PATIENCE))
until "${compose[@]}" logs otlp-receiver 2>/dev/null | grep 0123456789abcdef0123456789abcdef >"$work/spans"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "no trace arrived"
    sleep 1
done
say "a trace arrived: $(grep -o '"name":"[^"]*"' "$work/spans" | sort | uniq -c | tr -s ' \n' ' ')"
"${compose[@]}" down >/dev/null 2>&1

# load COMMAND [ARGUMENT...]: run a command while sessions are asked, and put what they saw into $work/load.
load() {
    python3 -m bench.session_load "$url" 120 >"$work/load" &
    client=$!
    sleep 2
    "$@"
    sleep 2
    kill -TERM "$client"
    wait "$client" || fail "the load failed"
}
# told KEY: a figure of the load.
told() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/load" "$1"; }
roll() {
    for each in "${gateways[@]}"; do
        docker restart --time "$GRACE" "$each" >/dev/null
        healthy "$each"
        sleep 3 # HAProxy has found it again
    done
}
kill_one() {
    docker kill "${gateways[0]}" >/dev/null
    sleep 5
    docker start "${gateways[0]}" >/dev/null
    healthy "${gateways[0]}"
}

POINTSMAN_CONFIG=./demo/redis.yaml "${base[@]}" up --detach --scale gateway=3 >"$work/up" 2>&1 || { cat "$work/up" >&2; fail "no scale"; }
mapfile -t gateways < <("${base[@]}" ps --quiet gateway)
[ "${#gateways[@]}" = 3 ] || fail "there are ${#gateways[@]} gateways and not 3"
for each in "${gateways[@]}"; do healthy "$each"; done
sleep 3
load roll
[ "$(told sent)" -gt 100 ] && [ "$(told failed)" = 0 ] && [ "$(told pins_changed)" = 0 ] || fail "rolling: $(cat "$work/load")"
say "three gateways rolled one by one under load: $(cat "$work/load")"
load kill_one
# Eight callers: what was under way on the one that was killed is lost, and nothing else.
[ "$(told sent)" -gt 100 ] && [ "$(told failed)" -le 8 ] && [ "$(told pins_changed)" = 0 ] || fail "killing: $(cat "$work/load")"
say "one of three gateways killed under load: $(cat "$work/load")"
