"""auth: asks every caller for a key.

Writes the facts `CALLER` (the name of the caller, for records, logs and metrics) and `WHO` (what it may use).

Keys are configured by their SHA-256 hashes (`api_keys`), and come in `Authorization: Bearer` or in `x-api-key`, as the
vendors' clients send them. Without a valid one every path but the health checks is a 401 in the error shape of its
format; nothing of the request is read before. The header that carried the key is kept from providers.

A decision may only hold models that the caller may use: others are taken out of it, and where none is left the answer
is a 403. With no `api_keys` the filter is left out of the chain.

A scheme (`scheme.py`) is a port: another way to say who calls, a token of an identity provider say, is one more file.
"""
