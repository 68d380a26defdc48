"""The fake provider: a server that speaks the three formats and makes its answers up, with faults on demand."""
