"""The options of mask_emails."""

from filters.section import Section, Text


class MaskEmailsConfig(Section):
    """What mask_emails is told."""

    mask: Text = "[e-mail]"
    """What stands in place of an address."""

    answers: bool = True
    """Whether answers are masked too."""
