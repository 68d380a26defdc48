"""Pure parts of resilience that filters and the gateway share: the circuit breaker and the single flight.

The LLM classifier (a filter's) and outlier detection (the gateway's) need the same ones. `filters` cannot import
`gateway`, so they stand here; what only providers need (retry, back-off, outlier detection) is in `gateway/resilience`.
"""
