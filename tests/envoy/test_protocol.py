"""The messages of `gateway.ext_proc.protocol` are those that Envoy's project publishes, field by field."""

import json
import os
import subprocess
import sys

import pytest

from gateway.ext_proc import protocol as pb
from tests.support.envoy import ROOT

PUBLISHED = ROOT / ".envoy"
DESCRIBE = """
import json, sys
from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2
from envoy.type.v3 import http_status_pb2
from google.protobuf import descriptor_pool

pool = descriptor_pool.Default()
described = {}
for name in sys.argv[1:]:
    described[name] = {
        field.name: [
            field.number, field.type, field.message_type.full_name if field.message_type else None,
            field.is_repeated, field.containing_oneof.name if field.containing_oneof else None,
        ]
        for field in pool.FindMessageTypeByName(name).fields
    }
described["modes"] = ProcessingMode.BodySendMode.items()
described["overwrite"] = base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
service = external_processor_pb2.DESCRIPTOR.services_by_name["ExternalProcessor"]
described["service"] = [service.full_name, [method.name for method in service.methods]]
print(json.dumps(described))
"""
ENUM, INT32 = 14, 5
OURS = [name for name in pb.MESSAGES if name.startswith("envoy.")]


@pytest.fixture(scope="module")
def published():
    if not list(PUBLISHED.glob("xds_protos-*")):
        pytest.skip("xds-protos is not installed here: `make test-envoy` installs it")
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE, *OURS], env={**os.environ, "PYTHONPATH": str(PUBLISHED)}, check=True,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", OURS)
def test_each_field_is_as_it_is_published(published, name):
    for field in getattr(pb, name.rpartition(".")[2]).DESCRIPTOR.fields:
        number, kind, message, repeated, oneof = published[name][field.name]
        assert field.number == number
        assert field.type == (INT32 if kind == ENUM else kind)
        assert (field.message_type.full_name if field.message_type else None) == message
        assert field.is_repeated == repeated
        assert (field.containing_oneof.name if field.containing_oneof else None) == oneof


def test_the_enumerations_and_the_service_are_too(published):
    assert [name for name, _ in published["modes"]] == list(pb.MODES)
    assert [number for _, number in published["modes"]] == list(range(len(pb.MODES)))
    assert published["overwrite"] == pb.OVERWRITE_IF_EXISTS_OR_ADD
    assert published["service"] == [pb.SERVICE, [pb.METHOD]]
