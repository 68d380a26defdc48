"""The admin listener: what an operator may look at, on an address of its own, apart from the callers' port.

`GET /healthz` says that the process lives, `GET /config` what it runs with (no credential in it), `GET /stats` how its
pins are and which providers are left out at present. Nothing can be changed here.
"""
