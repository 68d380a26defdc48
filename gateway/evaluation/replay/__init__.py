"""Deciding again what was decided: a configuration against the decision log, or two against each other.

`batches` reads the log, or a file of prompts, some thousand decisions at a time. A `decider` says what a configuration
would decide about them; `costs` prices what a changed decision would have cost. `run` puts that together into a result,
and `report` shows it.
"""
