import pytest

from filters.errors import DownstreamError
from gateway.config.sections import PassthroughPath
from gateway.upstream.operations import Operations

KNOWN = [
    ("POST", "embeddings"),
    ("POST", "moderations"),
    ("POST", "completions"),
    ("POST", "rerank"),
    ("POST", "messages/count_tokens"),
    ("POST", "images/generations"),
    ("POST", "images/edits"),
    ("POST", "audio/speech"),
    ("POST", "audio/transcriptions"),
    ("POST", "audio/translations"),
    ("POST", "responses/compact"),
]


@pytest.mark.parametrize(("method", "path"), KNOWN)
def test_known_operations_go_to_the_model_that_they_name(method, path):
    operation = Operations().find(path, method)
    assert (operation.path, operation.needs_model, operation.answer) == (path, True, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "responses/resp_1"),
        ("DELETE", "responses/resp_1"),
        ("POST", "responses/resp_1/cancel"),
        ("GET", "responses/resp_1/input_items"),
    ],
)
def test_kept_answers_go_to_who_keeps_them(method, path):
    assert Operations().find(path, method).answer == "resp_1"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("TRACE", "embeddings", "POST"),
        ("DELETE", "embeddings", "POST"),
        ("PUT", "responses/resp_1", "DELETE, GET"),
        ("GET", "responses/resp_1/cancel", "POST"),
        ("POST", "models", "GET, HEAD"),
        ("DELETE", "models/openai/gpt-4o", "GET, HEAD"),
    ],
)
def test_a_method_that_an_operation_does_not_take_is_a_405_with_those_that_it_takes(method, path, allowed):
    with pytest.raises(DownstreamError) as raised:
        Operations().find(path, method)
    assert (raised.value.status, raised.value.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "path",
    ["files", "files/file-1", "batches", "organization/users", "", "embeddings/", "responses/a/b", "responses/a%2Fb"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE", "PUT"])
def test_what_is_not_known_is_a_404_that_says_what_there_is(path, method):
    with pytest.raises(DownstreamError, match="passthrough_paths") as raised:
        Operations().find(path, method)
    assert raised.value.status == 404


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("chat/completion", "/v1/chat/completions"),
        ("chat/completions/", "/v1/chat/completions"),
        ("message", "/v1/messages"),
        ("messages/count_token", "/v1/messages/count_tokens"),
        ("embedding", "/v1/embeddings"),
    ],
)
def test_a_path_that_is_a_letter_short_is_told_what_was_meant(path, meant):
    with pytest.raises(DownstreamError, match=rf"at this gateway; did you mean {meant}\? Beside chat"):
        Operations().find(path, "POST")


@pytest.mark.parametrize("path", ["files", "batches", ""])
def test_a_path_that_is_near_nothing_gets_no_guess(path):
    with pytest.raises(DownstreamError, match=r"at this gateway\. Beside chat") as raised:
        Operations().find(path, "GET")
    assert "did you mean" not in raised.value.message


def test_the_configuration_adds_paths_with_their_methods():
    operations = Operations([PassthroughPath(path="/v1/files*", methods=("GET", "DELETE"), model="openai/gpt")])
    operation = operations.find("files/file-1", "DELETE")
    assert (operation.model, operation.needs_model) == ("openai/gpt", False)
    assert operations.find("files", "GET").path == "files"
    with pytest.raises(DownstreamError) as raised:
        operations.find("files", "POST")
    assert raised.value.status == 405


def test_a_path_without_a_star_is_that_path_alone():
    operations = Operations([PassthroughPath(path="/v1/batches")])
    assert operations.find("batches", "GET").path == "batches"
    with pytest.raises(DownstreamError):
        operations.find("batches/1", "GET")
