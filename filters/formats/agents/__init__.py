"""What coding agents put into requests: boilerplate around the user's words, tool loops, sealed reasoning."""
