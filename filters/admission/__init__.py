"""admission: bounds how many requests are served at once, in all and for each caller.

A request that finds no place waits, at most `limits.queue_seconds` long; `limits.max_waiting` may wait at once. A place
that is free goes to the caller with the fewest requests in service, so that one who sends many does not keep others
waiting; where the queue is full, it is the caller with the most requests in it that gives one up. What is not served is
a 503 with `Retry-After`.

Callers are told apart by their names where they have keys (`WHO`), else by their addresses. The filter stands behind
`format_detection`: a place is taken when the body is there, so that slow callers hold none.
"""
