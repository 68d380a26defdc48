"""routing: decides which model should serve the request, and answers `/routing/v1/*` itself.

Reads `TRACE`, `SESSION`, `PINS` and `CHAT`; writes `DECISION` (None where the request is not a chat). A session that
is pinned keeps its model and no classifier runs. Otherwise the last user turn is classified against the configured
routes, or against those that the body brings in `routing_preferences` (or the older `routing_policy`), and the best
route's models become the candidates, ranked by its `selection_policy`. A session is pinned as soon as a model is
selected; where two first calls race, the first to store wins and the other answers with it. No match is not an error,
and is not pinned.

`?explain=true` or `X-Routing-Explain: true` adds why.
"""
