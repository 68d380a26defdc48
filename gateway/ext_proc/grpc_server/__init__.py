"""A gRPC server on asyncio: HTTP/2 without TLS (RFC 9113, HPACK by the package `hpack`), and gRPC's calls on it.

It serves what an external processor needs and no more: a few methods, messages without compression, no deadlines of its
own (a client's deadline ends a call by RST_STREAM). `grpc.aio` costs a call of four messages each way about 0.8 ms more
of processor time: docs/scaling.md.

    frames         cutting bytes into frames, and making frames
    header_blocks  headers of requests; the constant headers of answers
    connection     one connection: settings, flow control, streams, limits, drain
    patience       how much a peer may send that brings nothing
    call           one call: messages in and out
    server         listening, methods, stopping
    health         `grpc.health.v1`
"""
