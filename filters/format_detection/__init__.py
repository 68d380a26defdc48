"""format_detection: reads the body once, bounded, and knows its wire format.

Writes the fact `CHAT`: the parsed request of the three chat endpoints, under `/v1` and `/routing/v1`; None elsewhere.
The path decides the format; the body must then have that format's shape, and one that belongs to another path is told
which.

Answers by itself with 405 (`Allow: POST`) for another method, 404 for other paths under `/routing/`, 400 for a body
that is not a JSON object of the right shape, and 413 for one over `limits.max_body_bytes`, counted after
decompression. `Content-Type` is not looked at; a byte order mark is skipped.
"""
