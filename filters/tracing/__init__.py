"""tracing: joins the caller's trace, or starts one.

Reads `traceparent` and `tracestate` (W3C Trace Context, level 2) and `X-Request-Id`; writes the fact `TRACE` and
answers with `X-Request-Id`. A malformed `traceparent` is ignored and a new trace is started, as the recommendation
asks. Of the traces that start here, `tracing.random_sampling` per cent carry the sampled flag to the provider; a trace
that is joined keeps the caller's flags. Nothing is exported: the ids are in the access log and in every answer.
"""
