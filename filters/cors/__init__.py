"""cors: refuses what web pages of foreign origins send, and lets those of named origins call.

A page on any site may post to a server on the reader's own machine or network, and so spend the keys of whoever runs
it. Browsers say where a request comes from (`Origin`, and `Sec-Fetch-Site`): one from an origin that is not in
`cors.allowed_origins` is a 403 before anything else of it is looked at. What comes from no browser has neither header
and is not concerned.

A page of the gateway's own origin may call, where the gateway was reached by an IP address, as `localhost`, or by a
name in `cors.allowed_hosts`. Another name could be the page's own, led here by its DNS (rebinding).

For allowed origins preflights are answered, and answers say so, as the Fetch standard wants it. Cookies are never asked
for: a page must send its caller's key.
"""
