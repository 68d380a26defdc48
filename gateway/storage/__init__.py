"""Storage: where what outlives a request is kept.

`routing.session_cache.type: memory` keeps them in this process; `redis` shares them among any number of gateways, under
the keys `pointsman:pin:…` (sessions) and `pointsman:turn:…` (turns of a tool loop).

A request waits for Redis no longer than `timeout_ms` in all, however much it asks. Once Redis fails, nobody waits for
it: requests are answered unpinned until a probe, sent in the background, finds that it answers again.
"""
