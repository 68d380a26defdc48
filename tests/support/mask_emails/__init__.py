"""mask_emails: replaces e-mail addresses in prompts and answers, as an example of a filter with options of its own.

Reads and replaces `CHAT`. With `answers: true` (the default) the answer is masked too, streamed or whole. `mask` is
what stands in place of an address.
"""
