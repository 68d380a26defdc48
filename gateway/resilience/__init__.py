"""Resilience against providers that fail: back-off, retries, outlier detection. Pure: no socket, no sleep.

The circuit breaker and the single flight, which the LLM classifier uses too, are in `filters/resilience`.
"""
