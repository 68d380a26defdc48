"""session_pinning."""
