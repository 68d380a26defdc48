"""The runtime: what is built from a configuration, the application around it, and the process that serves it."""
