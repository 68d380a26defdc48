"""Reading metrics as a test wants to see them."""

from prometheus_client.parser import text_string_to_metric_families


def samples(families):
    """Return every sample of families as `{(name, frozenset of labels): value}`."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found, name, **labels):
    """Return the value of a sample of these labels exactly, None where there is none."""
    return found.get((name, frozenset(labels.items())))


def parsed(text):
    """Return the samples of an exposition."""
    return samples(text_string_to_metric_families(text))
