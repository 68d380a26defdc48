#!/usr/bin/env bash
# Ask a running gateway which model it would choose, in all three formats, with routes of one's own and with sessions.
# No model is called and no key is needed. The first answer that is not a decision ends the demo with status 1.
#
#   POINTSMAN_URL           the gateway, default http://localhost:12000
#   POINTSMAN_DEMO_SESSION  what the session ids begin with, default demo-session. A gateway remembers a session for
#                           ten minutes: another name shows block 7 afresh before they are over.
set -euo pipefail

url=${POINTSMAN_URL:-http://localhost:12000}
session=${POINTSMAN_DEMO_SESSION:-demo-session}

# ask PATH BODY [SESSION_ID]: POST, and print the decision. In Python because that is here anyway and curl may not be.
ask() {
    python3 - "${url%/}$1" "$2" "${3:-}" <<'PYTHON'
import json, sys, urllib.error, urllib.request

url, body, session = sys.argv[1:]
request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
if session:
    request.add_header("X-Session-Id", session)
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    with direct.open(request, timeout=30) as answer:
        decision = json.load(answer)
    if not {"model", "route", "trace_id"} <= decision.keys():
        raise ValueError(decision)
    print(json.dumps(decision, indent=4))
except urllib.error.HTTPError as error:
    sys.exit(f"{url} answered {error.code}: {error.read().decode(errors='replace')}")
except OSError as error:
    sys.exit(f"{url} cannot be reached: {error}")
except (ValueError, AttributeError) as error:
    sys.exit(f"{url} answered something that is not a decision: {error!r}")
PYTHON
    echo
}

echo "=== Model Routing Service Demo ==="
echo

echo "--- 1. Code generation query (OpenAI format) ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{"role": "user", "content": "Write a Python function that implements binary search on a sorted array"}]
}'

echo "--- 2. Complex reasoning query (OpenAI format) ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{
    "role": "user",
    "content": "Explain the trade-offs between microservices and monolithic architectures, considering scalability, team structure, and operational complexity"
  }]
}'

echo "--- 3. Simple query - no routing match (OpenAI format) ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{"role": "user", "content": "What is the capital of France?"}]
}'

echo "--- 4. Code generation query (Anthropic format) ---"
ask /routing/v1/messages '{
  "model": "claude-sonnet-4-20250514",
  "max_tokens": 1024,
  "messages": [{
    "role": "user",
    "content": "Create a REST API endpoint in Rust using actix-web that handles user registration"
  }]
}'

echo "--- 5. Inline routing_preferences (OpenAI format) ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{"role": "user", "content": "Summarize the key differences between TCP and UDP"}],
  "routing_preferences": [{
    "name": "general",
    "description": "summaries and comparisons of technical topics",
    "models": ["openai/gpt-4o-mini", "openai/gpt-4o"]
  }]
}'

echo "--- 6. Inline routing_preferences (Anthropic format) ---"
ask /routing/v1/messages '{
  "model": "claude-sonnet-4-20250514",
  "max_tokens": 1024,
  "messages": [{"role": "user", "content": "Write a quicksort implementation in Go"}],
  "routing_preferences": [{
    "name": "coding",
    "description": "code generation, writing functions, debugging",
    "models": ["openai/gpt-4o", "openai/gpt-4o-mini"]
  }]
}'

echo "--- 7. Session pinning - first call (fresh routing decision) ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{"role": "user", "content": "Write a Python function that implements binary search on a sorted array"}]
}' "$session-001"

echo "--- 8. Session pinning - second call (same session, pinned) ---"
echo 'Notice: same model returned with "pinned": true, routing was skipped'
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{"role": "user", "content": "Now explain how merge sort works and when to prefer it over quicksort"}]
}' "$session-001"

echo "--- 9. Different session gets its own fresh routing ---"
ask /routing/v1/chat/completions '{
  "model": "gpt-4o-mini",
  "messages": [{
    "role": "user",
    "content": "Explain the trade-offs between microservices and monolithic architectures"
  }]
}' "$session-002"

echo "--- 10. Code generation query (OpenAI Responses format) ---"
ask /routing/v1/responses '{
  "model": "gpt-4o-mini",
  "instructions": "You are a helpful assistant.",
  "input": "Write a TypeScript function that debounces another function"
}'

echo "=== Demo Complete ==="
