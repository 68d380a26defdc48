"""The embedded classifier: routes and prompts to probabilities, in this process, with numpy alone.

`tokenizer` makes token ids of text, `model` vectors of token ids, and `classifier` a decision of the vectors; prompts
that come in one turn of the event loop go that way `together`. What `weights.npz` is, and what is computed with it, is
on the page next to it, WEIGHTS.md.
"""
