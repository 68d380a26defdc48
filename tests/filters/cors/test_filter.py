"""What browsers say of where a request comes from decides whether it is served."""

import pytest

from filters.cors.filter import CorsFilter

PATH = "/v1/messages"
APP = "https://app.example.com"


@pytest.fixture
async def client(serve):
    return await serve([CorsFilter([APP], ["gate.corp"])])


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1", "Host": "127.0.0.1:2"},
    {"Origin": f"{APP}:8443"},
    {"Origin": "http://app.example.com"},
    {"Origin": f"{APP}.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    # rebinding: the page and the gateway have one name, which is the page's
    {"Origin": "http://evil.example:12000", "Host": "evil.example:12000", "Sec-Fetch-Site": "same-origin"},
    {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Host": "evil-localhost", "Sec-Fetch-Site": "same-origin"},
    {"Host": "127.0.0.1.evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Host": "[::1", "Sec-Fetch-Site": "same-origin"},
    # what a page does is not what the user types, whatever it says of itself
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:1", "Host": "localhost:2", "Sec-Fetch-Site": "none"},
    {"Host": "localhost", "Sec-Fetch-Site": "same-site"},
    {"Host": ":80", "Sec-Fetch-Site": "same-origin"},
    # what is no origin is nobody's own
    {"Origin": "http://[::1", "Host": "localhost"},
    {"Origin": "http://[::1]x", "Host": "[::1]"},
    {"Origin": "http://localhost/path", "Host": "localhost"},
    {"Origin": "localhost", "Host": "localhost"},
    {"Origin": "", "Host": "localhost"},
]
OWN = [
    {},
    {"Host": "evil.example"},
    {"Origin": APP},
    {"Origin": APP.upper(), "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:12000", "Host": "127.0.0.1:12000", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://[::1]:12000", "Host": "[::1]:12000"},
    {"Origin": "http://localhost:12000", "Host": "localhost:12000"},
    {"Host": "x.localhost", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://gate.corp", "Host": "Gate.Corp"},
    {"Host": "gate.corp:12000", "Sec-Fetch-Site": "same-origin"},
    {"Host": "gate.corp.:12000", "Sec-Fetch-Site": "same-origin"},
    {"Host": "localhost.", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
async def test_a_foreign_page_is_refused_in_the_shape_of_the_path(client, headers, content_type):
    answer = await client.post(PATH, data=b"{}", headers={**headers, "Content-Type": content_type})
    body = await answer.json()
    assert (answer.status, body["type"], body["error"]["type"]) == (403, "error", "permission_error")
    assert "cors.allowed_origins" in body["error"]["message"]
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("headers", OWN)
async def test_what_is_no_page_or_one_that_may_is_served(client, headers):
    assert (await client.post(PATH, data=b"{}", headers=headers)).status == 200


async def test_answers_to_a_page_that_may_call_say_so_whatever_they_are(serve, client):
    answer = await client.post(PATH, headers={"Origin": APP})
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert (answer.headers["Access-Control-Expose-Headers"], answer.headers["Vary"]) == ("*", "Origin")
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in (await client.post(PATH)).headers


ASKS = {"Origin": APP, "Access-Control-Request-Method": "POST"}


async def test_a_preflight_is_answered_without_going_further(serve):
    client = await serve([CorsFilter([APP])], lambda _: pytest.fail("it went further"))
    headers = {**ASKS, "Access-Control-Request-Headers": "authorization, content-type,x-session-id"}
    answer = await client.options(PATH, headers=headers)
    assert (answer.status, await answer.read()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type,x-session-id"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


async def test_a_preflight_from_a_public_site_to_a_private_address_is_answered_too(client):
    private = {**ASKS, "Access-Control-Request-Private-Network": "true"}
    assert (await client.options(PATH, headers=private)).headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Private-Network" not in (await client.options(PATH, headers=ASKS)).headers


@pytest.mark.parametrize("names", ["a b", "x" * 3000, "a,,b", "ü"])
async def test_headers_that_are_none_are_not_repeated(client, names):
    answer = await client.options(PATH, headers={**ASKS, "Access-Control-Request-Headers": names})
    assert answer.status == 204
    assert "Access-Control-Allow-Headers" not in answer.headers


async def test_a_preflight_of_a_foreign_page_is_refused(client):
    assert (await client.options(PATH, headers={**ASKS, "Origin": "https://evil.example"})).status == 403


async def test_options_that_are_no_preflight_go_further(client):
    assert (await client.options(PATH, headers={"Origin": APP})).status == 200


async def test_every_page_may_call_where_that_is_wanted(serve):
    client = await serve([CorsFilter(["*"])])
    answer = await client.post(PATH, headers={"Origin": "https://any.example"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://any.example")


async def test_a_preflight_says_what_may_be_sent_and_how_long_that_holds(client):
    answer = await client.options(PATH, headers=ASKS)
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Headers" not in answer.headers


async def test_a_post_is_no_preflight_whatever_it_asks(client):
    answer = await client.post(PATH, headers=ASKS)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, APP)
    assert "Access-Control-Allow-Methods" not in answer.headers


@pytest.mark.parametrize(("length", "repeated"), [(2048, True), (2049, False)])
async def test_names_of_headers_are_repeated_up_to_a_length(client, length, repeated):
    answer = await client.options(PATH, headers={**ASKS, "Access-Control-Request-Headers": "x" * length})
    assert ("Access-Control-Allow-Headers" in answer.headers) is repeated


async def test_a_refusal_is_not_kept_by_a_cache_for_other_origins(client):
    refused = await client.post(PATH, headers={"Origin": "https://evil.example"})
    assert refused.headers["Vary"] == "Origin"
    assert (await refused.json())["error"]["message"] == (
        "This request comes from a web page whose origin may not call: cors.allowed_origins does not name it."
    )


async def test_where_nothing_is_configured_only_the_gateways_own_pages_may_call(serve):
    client = await serve([CorsFilter()])
    assert (await client.post(PATH, headers={"Host": "localhost", "Sec-Fetch-Site": "same-origin"})).status == 200
    assert (await client.post(PATH, headers={"Origin": APP})).status == 403
