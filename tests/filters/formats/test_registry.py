from filters.context import WireFormat
from filters.formats.registry import CODECS


def test_every_wire_format_has_a_codec():
    assert set(CODECS) == set(WireFormat)
