"""Providers: the built-in table, an entry of `model_providers` as it is called, and how a call is authenticated."""
