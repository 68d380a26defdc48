"""Telemetry: what is recorded of each request, and where it goes."""
