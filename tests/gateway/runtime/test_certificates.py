"""A certificate that is renewed in place is served to who connects next."""

import asyncio
import ssl

import pytest
from aiohttp import web

from gateway.config.tls import Tls
from gateway.runtime.certificates import Certificate, keep_fresh
from gateway.runtime.listener import Listener
from tests.support.certificates import authority, signed


@pytest.fixture
def folder(tmp_path):
    authority(tmp_path, "ca")
    for name in ("first", "second"):
        signed(tmp_path, "ca", name)
    install(tmp_path, "first")
    return tmp_path


def install(folder, name):
    """Put a certificate in place as those who renew them do: by a rename."""
    for kind in ("pem", "key"):
        fresh = folder / f"fresh.{kind}"
        fresh.write_bytes((folder / f"{name}.{kind}").read_bytes())
        fresh.replace(folder / f"served.{kind}")


def certificate_of(folder, **more):
    return Certificate(Tls(certificate=str(folder / "served.pem"), key=str(folder / "served.key"), **more))


async def hello(_):
    return web.Response(text="hello")


async def served(context):
    """Serve on a free port and give it, until the test ends."""
    app = web.Application()
    app.router.add_get("/", hello)
    listener = Listener(app, shutdown_timeout=0.1)
    await listener.setup()
    await web.TCPSite(listener, "127.0.0.1", 0, ssl_context=context).start()
    return listener, listener.addresses[0][1]


async def subject(folder, port, caller=None):
    """Connect and return whose certificate is served."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if caller:
        context.load_cert_chain(folder / f"{caller}.pem", folder / f"{caller}.key")
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    names = dict(pair for part in writer.get_extra_info("peercert")["subject"] for pair in part)
    writer.close()
    if not answer:
        raise ConnectionResetError("closed without an answer")
    return names["commonName"]


async def test_the_newest_certificate_is_served_without_a_restart(folder, log_lines):
    certificate = certificate_of(folder)
    listener, port = await served(certificate.context)
    keeping = asyncio.create_task(keep_fresh([certificate], 0.01))
    assert await subject(folder, port) == "first"
    install(folder, "second")
    async with asyncio.timeout(10):
        while await subject(folder, port) != "second":  # noqa: ASYNC110 - a handshake is what tells
            await asyncio.sleep(0.01)
    keeping.cancel()
    await listener.cleanup()
    assert [line["event"] for line in log_lines] == ["certificate_reloaded"]


def test_what_has_not_changed_is_not_read_again(folder):
    certificate = certificate_of(folder)
    assert not certificate.refresh()
    install(folder, "second")
    assert certificate.refresh()
    assert not certificate.refresh()


@pytest.mark.parametrize("spoil", ["remove", "half", "mix"])
async def test_bad_files_change_nothing_and_are_told_of_once(folder, log_lines, spoil):
    certificate = certificate_of(folder)
    served_file = folder / "served.pem"
    if spoil == "remove":
        served_file.unlink()
    elif spoil == "half":
        served_file.write_bytes(served_file.read_bytes()[:100])
    else:
        served_file.write_bytes((folder / "second.pem").read_bytes())
    assert not certificate.refresh()
    assert not certificate.refresh()
    assert [line["event"] for line in log_lines] == ["certificate_refused"]
    listener, port = await served(certificate.context)
    assert await subject(folder, port) == "first"
    await listener.cleanup()


async def test_callers_need_a_certificate_where_an_authority_is_given(folder):
    listener, port = await served(certificate_of(folder, client_ca=str(folder / "ca.pem")).context)
    assert await subject(folder, port, caller="second") == "first"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await subject(folder, port)
    await listener.cleanup()
