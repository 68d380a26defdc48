"""What all wire formats share: the canonical request, the events of an answer, and what both directions need.

Decoders read a wire format into this form and encoders write it, so that no code knows two formats.
"""
