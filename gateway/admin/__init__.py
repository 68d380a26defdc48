"""The admin application: what an operator may look at and do, on an address of its own, apart from the callers' port.

    GET  /healthz /readyz    the process lives; it takes requests (503 while it drains). No token is asked for
    GET  /config             what it runs with, masked: no credential, and no address with one
    GET  /clusters           each provider and model: whether it can be called, whether it is ejected or rests
    GET  /metrics            for Prometheus
    GET  /stats              pins, ejections, sinks
    GET, DELETE /sessions    look a session's pin up, or drop it, by `id` and `tenant`
    GET, POST /logging       the level of the log, at run time
    POST /reload /drain      read config.yaml anew; stop taking requests

Every answer is JSON (`/metrics` is Prometheus text), errors too: `{"error": {"status": 404, "message": "..."}}`.

A request passes two middlewares: `boundary` turns what is raised into such an answer, `Guard` checks Host, Origin and
token. What is served is a table of `Route`s; a page with an API of its own is one more list of them for `build_admin`.
"""
