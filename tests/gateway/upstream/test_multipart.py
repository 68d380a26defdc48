import pytest

from filters.errors import DownstreamError
from gateway.upstream.multipart import form_model

TYPE = 'multipart/form-data; boundary="xX-1"'
AUDIO = (
    b'--xX-1\r\nContent-Disposition: form-data; name="file"; filename="model.wav"\r\n\r\n\x00\xff--\r\nname="model"\r\n'
)
MODEL = b'--xX-1\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/whisper-1\r\n'
END = b"--xX-1--\r\n"


@pytest.mark.parametrize("body", [MODEL + AUDIO + END, AUDIO + MODEL + END])
@pytest.mark.parametrize("content_type", [TYPE, "Multipart/Form-Data; boundary=xX-1; charset=utf-8"])
def test_the_model_is_found_and_replaced_and_nothing_else_changes(body, content_type):
    found = form_model(body, content_type)
    assert found.name == "openai/whisper-1"
    assert found.replaced(body, "whisper-1") == body.replace(b"openai/whisper-1", b"whisper-1")


@pytest.mark.parametrize(
    "part",
    [
        b"--xX-1\r\ncontent-disposition:form-data;name=model\r\n\r\nm\r\n",
        b'--xX-1\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="model"; x=y\r\n\r\nm\r\n',
        b'--xX-1\r\nContent-Disposition: form-data; name="model"\r\nContent-Type: text/plain\r\n\r\n m \r\n',
    ],
)
def test_clients_write_the_part_in_their_own_ways(part):
    assert form_model(AUDIO + part + END, TYPE).name == "m"


@pytest.mark.parametrize(
    "body",
    [
        AUDIO + END,
        b"",
        b"no form at all",
        b'--xX-1\r\nContent-Disposition: form-data; name="model_x"\r\n\r\nm\r\n--xX-1--',
        b'--xX-1\r\nContent-Disposition: form-data; name="model"\r\n\r\nnever ends',
        b"--xX-1\r\n--xX-1\r\n",
    ],
)
def test_a_form_may_name_no_model(body):
    assert form_model(body, TYPE) is None


def test_a_form_without_a_boundary_cannot_be_read():
    with pytest.raises(DownstreamError, match="boundary"):
        form_model(MODEL + END, "multipart/form-data")


def test_a_model_that_is_no_name_is_refused():
    with pytest.raises(DownstreamError, match="not a name"):
        form_model(MODEL.replace(b"whisper", b"w" * 2000) + END, TYPE)


@pytest.mark.parametrize("boundary", ["\udcff", "ü\udcfe", "'()+_,-./:=?"])
def test_a_boundary_may_be_any_bytes_that_a_header_carries(boundary):
    delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
    body = (MODEL + AUDIO + END).replace(b"--xX-1", delimiter)
    assert form_model(body, f'multipart/form-data; boundary="{boundary}"').name == "openai/whisper-1"


@pytest.mark.parametrize(("length", "read"), [(1, True), (70, True), (71, False)])
def test_a_boundary_is_as_long_as_the_standard_lets_it_be(length, read):
    boundary = "b" * length
    body = (MODEL + END).replace(b"xX-1", boundary.encode())
    if read:
        assert form_model(body, f'multipart/form-data; boundary="{boundary}"').name == "openai/whisper-1"
    else:
        with pytest.raises(DownstreamError, match="names no boundary") as caught:
            form_model(body, f'multipart/form-data; boundary="{boundary}"')
        assert caught.value.status == 400


@pytest.mark.parametrize(("length", "read"), [(1024, True), (1025, False)])
def test_a_name_may_be_so_long_and_no_longer(length, read):
    body = MODEL.replace(b"openai/whisper-1", b"w" * length) + END
    if read:
        assert form_model(body, TYPE).name == "w" * length
    else:
        with pytest.raises(DownstreamError, match="not a name") as caught:
            form_model(body, TYPE)
        assert (caught.value.status, caught.value.param) == (400, "model")


def test_a_name_that_is_no_text_is_read_all_the_same():
    assert form_model(MODEL.replace(b"openai", b"\xff") + END, TYPE).name == "\ufffd/whisper-1"
