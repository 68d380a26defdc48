from filters.formats.canonical.events import Usage


def test_a_later_report_of_usage_replaces_what_it_knows_and_keeps_the_rest():
    first = Usage(input_tokens=10, output_tokens=1, cache_read=4)
    assert first.updated(Usage(output_tokens=20, reasoning=5)) == Usage(10, 20, 4, None, 5)


def test_a_reported_zero_counts_as_a_report():
    assert Usage(cache_read=4, cache_write=3).updated(Usage(cache_read=0)).cache_read == 0
