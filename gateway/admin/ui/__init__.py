"""The page of the admin application at `/`: files of our own, and the API that they read.

    GET  /                    the page; its files are under /ui/. It is public, since it holds nothing but the program
    GET  /api/requests        the last requests, newest first, without a word of what was said
    GET  /api/live            each request as it ends, as server-sent events
    GET  /api/traffic         the last requests summed up: by route and model, tokens, cost, savings, latencies
    GET  /api/routes          the routes, and what share of the last requests each had
    POST /api/playground      a decision about a prompt or a body, explained, and what it would be with edited routes

The page needs no other host and no build; its Content-Security-Policy lets it load nothing from elsewhere.
"""
