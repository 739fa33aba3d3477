"""OTLP's own messages, but for attributes, which are read as the map that they are, and resources, left as bytes.

On the wire a map is what OTLP has: a list of pairs of a key and a value. It is walked key by key, and an object is made
only of a value that is wanted; of a list one is made for each pair, which takes twice as long.
https://protobuf.dev/programming-guides/proto3/#maps
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

__all__ = ["Resource", "TracesData"]

_ENTRY: Final = "AttributesEntry"
_PAIR: Final = ("key", "value")
"""All that a map's entry may have."""


def _pool() -> DescriptorPool:
    """Return descriptors of our own, apart from everybody else's."""
    pool = DescriptorPool()
    for module in (common_pb2, resource_pb2, trace_pb2):
        file = FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        _make_maps(file)
        _leave_resources(file)
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _make_maps(file: FileDescriptorProto) -> None:
    pair = DescriptorProto()
    common_pb2.KeyValue.DESCRIPTOR.CopyToProto(pair)
    for message in file.message_type:
        for field in message.field:
            if field.name == "attributes" and field.type_name.endswith(".KeyValue"):
                field.type_name = f".{file.package}.{message.name}.{_ENTRY}"
                entry = message.nested_type.add(name=_ENTRY, field=[each for each in pair.field if each.name in _PAIR])
                entry.options.map_entry = True


def _leave_resources(file: FileDescriptorProto) -> None:
    for message in file.message_type:
        for field in message.field:
            if field.type_name == f".{resource_pb2.Resource.DESCRIPTOR.full_name}":
                # On the wire a message is its bytes.
                field.type = FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")


_POOL: Final = _pool()

TracesData: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName(trace_pb2.TracesData.DESCRIPTOR.full_name))
Resource: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName(resource_pb2.Resource.DESCRIPTOR.full_name))
"""Of what stands in TracesData as bytes: each process repeats its own, and once is enough to read it."""
