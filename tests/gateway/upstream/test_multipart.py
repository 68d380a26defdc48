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
