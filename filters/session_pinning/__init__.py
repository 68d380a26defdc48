"""session_pinning: remembers which model serves a session.

Reads the session header (`routing.session_headers`, in order; default `X-Session-Id`) and, where
`routing.tenant_header` names one, the tenant; writes the facts `SESSION` and `TENANT` (None without one). Once a model
is decided it claims the session's pin, and where a fallback served it moves the pin to the model that did.

An id is 1 to 256 visible ASCII characters; anything else is a 400. With a tenant header set, a session without it is a
400 too. A pin lives `routing.session_ttl_seconds` from the moment it was made (`session_ttl_mode: fixed`) or from its
last use (`sliding`); at most `routing.session_max_entries` are kept, and when there are more, the oldest of the tenant
with the most goes. A tenant is who calls, where callers have keys and no tenant header is set. A pin whose model has
left the configuration is dropped.

Warning: a pin keeps the model for the whole session, also where a later prompt would go elsewhere. That is what it is
for; leave the header away where it is not wanted.
"""
