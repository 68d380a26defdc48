#!/usr/bin/env bash
# Start a server, wait until it answers a GET with 200, run a command beside it, stop the server.
# The server's output goes to a file and is shown only when the server fails. The status is the command's.
#
# usage: scripts/with-server.sh PORT/PATH SERVER [ARGUMENT...] -- COMMAND [ARGUMENT...]
set -euo pipefail

readonly PATIENCE=30 # seconds

port=${1%%/*}
path=/${1#*/}
shift
server=()
while [ "$1" != -- ]; do
    server+=("$1")
    shift
done
shift

# Bash speaks enough HTTP for this, so that nothing needs installing.
taken() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
healthy() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit
        printf 'GET %s HTTP/1.0\r\n\r\n' "$path" >&3
        read -r -t 5 _ status _ <&3 && [ "$status" = 200 ]
    ) 2>/dev/null
}
running() { kill -0 "$pid" 2>/dev/null; }

if taken; then
    echo "Port $port is taken. Stop what listens there and try again." >&2
    exit 1
fi

log=$(mktemp)
"${server[@]}" >"$log" 2>&1 &
pid=$!
trap 'if running; then kill "$pid"; fi; wait "$pid" || true; rm -f "$log"' EXIT

deadline=$((SECONDS + PATIENCE))
until healthy; do
    if ! running || [ "$SECONDS" -ge "$deadline" ]; then
        echo "${server[*]} did not answer on port $port. It said:" >&2
        cat "$log" >&2
        exit 1
    fi
    sleep 0.1
done

"$@"
