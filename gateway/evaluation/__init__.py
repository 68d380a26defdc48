"""Labelled prompts against the configured routes: what `pointsman test` measures.

`labels` reads what is expected, `run` decides by the code that serves requests, and `measures`, `gates` and `suggest`
judge what came out; `noise` changes prompts a little, to see whether a decision stands. `report`, `document` and
`junit` show the result to a person, a program and a CI server. Only `run` waits for anything.
"""
