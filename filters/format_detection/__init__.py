"""format_detection."""
