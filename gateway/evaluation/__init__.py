"""Labelled prompts against the configured routes: what `pointsman test` measures.

`labels` reads what is expected, `run` decides by the code that serves requests, and `measures`, `gates` and `suggest`
judge what came out; `noise` changes prompts a little, to see whether a decision stands. `result` holds all of it, also
as JSON; `report` shows it to a person and `junit` to a CI server. Only `run` and `recording` wait for a classifier.
"""
