"""rate_limit: holds callers to their requests and tokens a minute.

Reads the fact `WHO`. Requests are counted when they come, in a window that moves with the time, exactly. Tokens are
counted when an answer has ended, so that a limit of tokens is overrun by no more than the requests in flight; of the
minute before, the part counts that lies within the last 60 seconds.

Over a limit the answer is a 429 in the words of the format, with `Retry-After`. What is left is on every answer, in the
headers that the vendor of the format uses (`x-ratelimit-*`, `anthropic-ratelimit-*`).

A limit of single models takes a model that is at its limit out of the decision, so that the next candidate serves;
where none is left, the answer is the 429.
"""
