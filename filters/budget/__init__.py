"""budget: holds callers to what they may spend in a calendar day or month (UTC).

Reads the fact `WHO`. Money and tokens are counted when an answer has ended, from the record's cost and usage, so that a
budget is overrun by no more than the requests in flight. Tokens that no provider told of are estimated. A
model whose price is not known is refused to whom a budget in money holds, unless that budget says `unpriced: allow`.

A budget that is spent is an error that tells clients to stop and not to try again: `insufficient_quota` in OpenAI's
formats, `billing_error` in Anthropic's, both with `x-should-retry: false`.
"""
