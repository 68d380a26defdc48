"""Anthropic's Messages API: requests, answers, streams and errors, read into the neutral form and written from it.

`shape` checks a caller's body and gives its conversation; `request_decode` and `request_encode` carry requests,
`answer_decode` and `answer_encode` carry answers, streamed and whole by the same code; `codec` ties them together.
"""
