"""Traces for OpenTelemetry: a sink of records, exported over OTLP by a thread.

    spans.py        the spans of a request, from its record
    exporter.py     OTLP over HTTP or gRPC
    extra.py        the way to the SDK, where it is installed
    sink.py         the bounded queue, and the thread that empties it

A request makes a server span, one for its decision, and a client span for each attempt. They hold names, numbers and
reasons, and never a word of what was said: a record has none. The SDK is an extra (`otel`).
"""
