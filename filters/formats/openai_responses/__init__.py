"""OpenAI's Responses API: requests, answers, streams and errors, read into the neutral form and written from it.

`shape` checks a caller's body and gives its conversation. `request_*` carry requests (`input_*` their items, `tools`
their tools), `answer_decode` and `stream_decode` read answers, and `answer_encode` writes them, streamed and whole by
the same steps: `items` write their own events and grow into the `response`. `codec` ties all together.
"""
