"""Prices and latencies of models, and the order that they give to the models of a route.

`catalogue` reads price lists (`members`, large ones bit by bit) and `latency` Prometheus and the gateway's own
measurements; both give a `table`. `sources` knows what the configuration wants read, `refresher` reads it in the
background through `reading`, and `ranking` answers each request from what was read last.
"""
