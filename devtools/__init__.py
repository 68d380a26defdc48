"""Tools for developers and first tries; the gateway does not import them, its command line does."""
