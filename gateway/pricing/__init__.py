"""Prices and latencies of models, what requests cost, and the order of the models of a route.

`catalogue` reads price lists (`members`, large ones bit by bit) and `latency` Prometheus and the gateway's own
measurements; both give a `table`. `sources` knows what the configuration wants read, `refresher` reads it in the
background through `reading`, and `ranking` answers each request from what was read last.

A `price` is what a model's tokens cost; `published` has what vendors ask, and `costs` prices each request by it or by
the lists of the configuration.
"""
