"""Pointsman inside Envoy: the external processor (`envoy.service.ext_proc.v3.ExternalProcessor`).

Envoy holds the connections of callers and providers. It asks over gRPC what to do with a request, and shows the answer.
The application is the one of `pointsman up`, with another listener before it (`processor`) and another end of the chain
(`forwarder`): docs/envoy.md.
"""
