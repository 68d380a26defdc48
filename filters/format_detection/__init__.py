"""format_detection: reads the body once, bounded, and knows its wire format.

Writes the fact `CHAT`: the parsed request of the three chat endpoints, under `/v1` and `/routing/v1`; None elsewhere.
The path decides the format; the body must then have that format's shape, and one that belongs to another path is told
which.

Answers by itself with 405 (`Allow: POST`) for another method, 404 for other paths under `/routing/`, 400 for a body
that is not a JSON object of the right shape, 413 for one over `limits.max_body_bytes`, counted after decompression, or
of more values than `limits.py` lets it hold, 408 for one that does not come in time, 415 for an unknown
`Content-Encoding`, and 503 where too many bytes of bodies are held already. `Content-Type` is not looked at; a byte
order mark is skipped.

A body is read in pieces and counted as it comes; where it is large it is decompressed, counted, parsed and checked in a
thread, each step in pieces that let the event loop run.
"""
