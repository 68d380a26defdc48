import ssl

import pytest

from filters.errors import ConfigError
from gateway.config.tls import Tls, load_certificate, server_context
from tests.support.certificates import authority, openssl, signed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("certificates")
    authority(made, "ca")
    signed(made, "ca", "server")
    signed(made, "ca", "other")
    openssl("ec", "-in", "server.key", "-aes128", "-passout", "pass:x", "-out", "locked.key", folder=made)
    (made / "text.pem").write_text("no certificate")
    return made


def tls(folder, certificate="server.pem", key="server.key", client_ca=None):
    return Tls(
        certificate=str(folder / certificate),
        key=str(folder / key),
        client_ca=client_ca and str(folder / client_ca),
    )


def test_a_listener_speaks_tls_1_2_or_later_and_asks_callers_for_no_certificate(folder):
    context = server_context(tls(folder))
    assert (context.minimum_version, context.verify_mode) == (ssl.TLSVersion.TLSv1_2, ssl.CERT_NONE)


def test_or_it_asks_for_one_of_an_authority(folder):
    context = server_context(tls(folder, client_ca="ca.pem"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"certificate": "none.pem"}, "No such file"),
        ({"key": "none.key"}, "No such file"),
        ({"certificate": "text.pem"}, "no certificate and its key"),
        ({"key": "other.key"}, "key values mismatch"),
        ({"key": "locked.key"}, "needs a passphrase"),
        ({"client_ca": "text.pem"}, "no certificates of authorities"),
        ({"client_ca": "none.pem"}, "No such file"),
    ],
)
def test_files_that_will_not_do_are_named_with_the_reason(folder, files, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        server_context(tls(folder, **files))
    assert next(iter(files.values())) in str(caught.value)


def test_a_context_takes_another_certificate(folder):
    context = server_context(tls(folder))
    load_certificate(context, tls(folder, "other.pem", "other.key"))
