from filters.format_detection.in_flight import BodiesInFlight


def test_what_goes_over_the_limit_is_refused_and_not_counted():
    bodies = BodiesInFlight()
    assert bodies.take(60, 100)
    assert not bodies.take(41, 100)
    assert bodies.take(40, 100)
    assert bodies.held == 100
    bodies.give_back(60)
    assert bodies.take(60, 100)
    assert not bodies.take(1, 100)
