"""How requests to providers are authenticated: one scheme in each file, and the table of them in `schemes`."""
