"""Reads an ONNX file as protobuf, against the few fields of its format that vetting looks at.

Numbers and types are those of ``onnx.proto`` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). None of this
needs the ``onnx`` package. A field that may stand once is read as protobuf reads it, the last value or all parts
merged, so that what is vetted is what ONNX Runtime will run.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from yawstring.errors import BundleError

Message: TypeAlias = Any
"""A protobuf message whose class is made while running."""

FIELDS: dict[str, dict[str, tuple[int, str]]] = {
    "Model": {
        "graph": (7, "Graph"),
        "opset_import": (8, "Opset*"),
        "training_info": (20, "Any*"),
        "functions": (25, "Any*"),
    },
    "Opset": {"domain": (1, "bytes"), "version": (2, "int64")},
    "Graph": {
        "node": (1, "Node*"),
        "initializer": (5, "Tensor*"),
        "input": (11, "Value*"),
        "output": (12, "Value*"),
        "value_info": (13, "Any*"),
        "sparse_initializer": (15, "Any*"),
    },
    "Value": {"name": (1, "bytes"), "type": (2, "Type")},
    "Type": {"tensor_type": (1, "TensorType")},
    "TensorType": {"elem_type": (1, "int64"), "shape": (2, "Shape")},
    "Shape": {"dim": (1, "Dimension*")},
    "Dimension": {"dim_value": (1, "int64"), "dim_param": (2, "bytes")},
    "Node": {
        "input": (1, "bytes*"),
        "output": (2, "bytes*"),
        "op_type": (4, "bytes"),
        "attribute": (5, "Attribute*"),
        "domain": (7, "bytes"),
    },
    "Attribute": {
        "name": (1, "bytes"),
        "f": (2, "float"),
        "i": (3, "int64"),
        "s": (4, "bytes"),
        "floats": (7, "float*"),
        "ints": (8, "int64*"),
        "strings": (9, "bytes*"),
        "type": (20, "int64"),
    },
    "Tensor": {
        "dims": (1, "int64*"),
        "data_type": (2, "int64"),
        "name": (8, "bytes"),
        "raw_data": (9, "bytes"),
        "external_data": (13, "Any*"),
        "data_location": (14, "int64"),
    },
    "Any": {},
}
"""Fields by message: number and type, a star for one that may stand many times."""

ATTRIBUTE_FIELDS = {1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints", 8: "strings"}
"""Where an attribute's value stands, by the type it says it has. Tensors and graphs are no values of a detector."""


def parse(graph: bytes) -> Message:
    """The octets as a message ``Model`` of :data:`FIELDS`; what is not among them is passed over.

    Raises:
        BundleError: They are no protobuf of that form.

    Example:
        >>> parse(bytes([0x3A, 0, 0x42, 2, 0x10, 17])).opset_import[0].version
        17
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from google.protobuf.message import DecodeError

    kinds = descriptor_pb2.FieldDescriptorProto
    plain = {"bytes": kinds.TYPE_BYTES, "int64": kinds.TYPE_INT64, "float": kinds.TYPE_FLOAT}
    file = descriptor_pb2.FileDescriptorProto(name="vetting.proto", package="vetting", syntax="proto2")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            label = kinds.LABEL_REPEATED if kind.endswith("*") else kinds.LABEL_OPTIONAL
            made = message.field.add(name=field, number=number, label=label)
            if (bare := kind.rstrip("*")) in FIELDS:
                made.type, made.type_name = kinds.TYPE_MESSAGE, f".vetting.{bare}"
            else:
                made.type = plain[bare]
    # A pool of its own: the default one is a global, and the onnx package keeps its messages there.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    model = message_factory.GetMessageClass(pool.FindMessageTypeByName("vetting.Model"))()
    try:
        model.ParseFromString(graph)
    except DecodeError as error:
        raise BundleError("the graph is damaged: it is no ONNX model") from error
    if not model.HasField("graph"):
        raise BundleError("the graph is damaged: there is none")
    return model


def text(octets: bytes) -> str:
    """A name as text, escaped and cut short: it may hold anything, and stands in messages."""
    said = octets.decode("utf-8", "backslashreplace")
    return (said if said.isprintable() else ascii(said))[:80]


def domain_of(octets: bytes) -> str:
    """A domain's name; ONNX's own has two spellings."""
    return "" if octets == b"ai.onnx" else text(octets)


def attributes_of(node: Message, kinds: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Values of a node's attributes by name.

    Args:
        node: A message ``Node``.
        kinds: Field where the value of each attribute stands that there may be.

    Returns:
        ``None`` where an attribute stands twice, is not known, or says it is of another type.
    """
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        name, field = text(attribute.name), ATTRIBUTE_FIELDS.get(attribute.type)
        if field is None or name in found or kinds.get(name) != field:
            return None
        found[name] = getattr(attribute, field)
    return found
