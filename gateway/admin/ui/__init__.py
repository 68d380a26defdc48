"""The page of the admin application at `/`: files of our own, and the API that they read.

    GET  /                    the page; its files are under /ui/. It is public, since it holds nothing but the program
    GET  /api/requests        the last requests, newest first
    GET  /api/earlier         the latest requests of the decision log, newest first
    GET  /api/live            each request as it ends, as server-sent events
    GET  /api/traffic         a span of time summed up: requests, tokens, cost, savings, times
    GET  /api/routes          the routes, how often each was chosen, what the last `pointsman test` found
    GET  /api/uncertain       the least certain decisions
    GET  /api/labels          what was labelled; POST makes a prompt an example of a route, DELETE takes that back
    GET  /api/providers       attempts, errors and times of each model
    GET  /api/callers         what each caller used, was refused, and has left
    POST /api/playground      a decision about a prompt or a body, explained, and what it would be with edited routes

What requests said is in none of them, unless prompts are stored (`decision_log.store_prompts`).
The page needs no other host and no build; its Content-Security-Policy lets it load nothing from elsewhere.
"""
