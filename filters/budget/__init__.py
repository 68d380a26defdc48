"""budget: holds callers to what they may spend in a calendar day or month (UTC).

Reads the fact `WHO`. Money and tokens are counted when an answer has ended, from the record's cost and usage, so that a
budget is overrun by no more than the requests in flight. A model for which no price is known costs nothing here: limit
its tokens.

A budget that is spent is an error that tells clients to stop and not to try again: `insufficient_quota` in OpenAI's
formats, `billing_error` in Anthropic's, both with `x-should-retry: false`.
"""
