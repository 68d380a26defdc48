"""Resilience: retries with back-off and a budget, and outlier detection. Pure: no socket, no sleep."""
