from filters.formats.canonical.unknown import unknown


def test_unknown_fields_are_told_by_name_unless_they_ask_for_nothing():
    assert list(unknown({"model": "m", "safeguards": [1], "foo": 1, "bar": None, "off": False}, {"model"})) == [
        "safeguards is dropped",
        "foo is dropped",
    ]


def test_a_name_that_could_do_harm_in_a_header_is_not_repeated():
    assert list(unknown({"a\r\nset-cookie: x": 1, "x" * 65: 1, "größe": 1}, ())) == ["an unknown field is dropped"] * 3
