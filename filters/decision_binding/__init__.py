"""decision_binding: sends a request where a decision said that was made before it.

A caller who asks a decision endpoint with `x-pointsman-bind: true` (everyone, with `always: true`) is given a
`decision_id`. A later request that carries it as `x-pointsman-decision-id` goes where that decision said, whatever it
holds itself: no classifier is asked again. An id that is not known, or whose lifetime is over, is refused in words, and
the request goes nowhere.

Ids live where pins do: in memory, or in Redis, where any worker honours what another promised. Reads CALLER; writes
BOUND, which `routing` obeys, and DECISION_ID, which it tells.
"""
