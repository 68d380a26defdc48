import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import WHO
from filters.caller import Budget, Caller
from filters.context import Decision
from filters.errors import DownstreamError
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.candidates import Candidate
from gateway.upstream.permission import headers_for_providers, permitted

CANDIDATES = [Candidate("a/b", None), Candidate("c/d", None)]


def request_of(caller=None, **headers):
    request = make_mocked_request("POST", "/", headers=headers)
    if caller is not None:
        request[WHO] = caller
    return request


def test_without_keys_everything_is_permitted_and_every_header_passes():
    request = request_of(Authorization="Bearer x")
    assert permitted(request, CANDIDATES) is CANDIDATES
    assert headers_for_providers(request) is request.headers


def test_a_caller_is_served_by_what_it_may_use():
    ann = Caller("ann", frozenset({"c/d"}))
    assert permitted(request_of(ann), CANDIDATES) == CANDIDATES[1:]
    with pytest.raises(DownstreamError) as caught:
        permitted(request_of(ann), CANDIDATES[:1])
    assert caught.value.status == 403


def test_a_route_that_chose_the_models_permits_them_unless_the_request_brought_it():
    ann = Caller("ann", None, frozenset({"r"}))
    assert permitted(request_of(ann), CANDIDATES, Decision("r", ("a/b",), "embedded")) == CANDIDATES
    for decision in (Decision("r", ("a/b",), "embedded", inline=True), Decision(None, (), "none"), None):
        with pytest.raises(DownstreamError):
            permitted(request_of(ann), CANDIDATES, decision)


def test_the_header_that_carried_the_callers_key_is_kept_from_providers_and_no_other():
    caller = Caller("ann", credential=frozenset({"x-api-key"}))
    headers = {"X-Api-Key": "pm-secret", "Authorization": "Bearer for-the-provider", "X-Other": "y"}
    kept = headers_for_providers(request_of(caller, **headers))
    assert dict(kept) == {"Authorization": "Bearer for-the-provider", "X-Other": "y"}


def costing(caller, **prices):
    request = request_of(caller)
    recording = request[RECORDING] = Recording()
    recording.price = lambda model, _: (prices.get(model.replace("/", "_")), None)
    return request


def test_who_has_so_much_money_is_served_by_what_has_a_price():
    ann = Caller("ann", budgets=(Budget("day", tokens=5), Budget("month", usd=5.0)))
    assert permitted(costing(ann, c_d=0.0), CANDIDATES) == CANDIDATES[1:]
    with pytest.raises(DownstreamError, match="The price of a/b is not known, and ann has a budget in money") as caught:
        permitted(costing(ann), CANDIDATES)
    assert caught.value.status == 403


def test_who_may_use_what_has_no_price_does():
    for budget in (Budget("month", usd=5.0, allows_unpriced=True), Budget("day", tokens=5)):
        assert permitted(costing(Caller("ann", budgets=(budget,))), CANDIDATES) == CANDIDATES
