"""Metrics for Prometheus: a sink of records, and gauges that are read when they are asked for.

    counts.py       counters and histograms that are cheap to count with
    families.py     every counter and histogram, with its labels
    names.py        which label values there may be: those of the configuration, and `other`
    sink.py         a record becomes counts
    gen_ai.py       the same under the names of OpenTelemetry's conventions
    gauges.py       what is true now: pins, ejections, requests in flight
    loop_lag.py     how late the event loop is
    workers.py      the sum over the workers of one gateway
    exposition.py   the text that Prometheus reads

docs/operating.md lists each metric with its labels and what it is for.
"""
