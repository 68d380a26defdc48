"""What a model takes, by its name: published data, our own rules above it, the operator's options above both."""
