"""The messages of a Sparkplug B payload as a table of numbers, names and kinds: Sparkplug 3.0, chapter Payloads.

Google's protobuf library reads and writes them; its classes are made here from the table, in a descriptor pool of our
own, so that they do not meet those of somebody else's Sparkplug package in the same process. Fields that are not in the
table (third parties' extensions) are skipped by the library.
"""

from typing import Final, NamedTuple

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


class Row(NamedTuple):
    """One field of a message."""

    number: int
    name: str
    kind: str
    """A scalar type of protobuf, or the name of a message of this table."""
    many: bool = False


_SCALAR_VALUES: Final = (
    ("int_value", "uint32"),
    ("long_value", "uint64"),
    ("float_value", "float"),
    ("double_value", "double"),
    ("boolean_value", "bool"),
    ("string_value", "string"),
)


def _values(first: int) -> tuple[Row, ...]:
    """The six scalar fields of a value, which have neighbouring numbers in every message that has a value."""
    return tuple(Row(first + place, name, kind) for place, (name, kind) in enumerate(_SCALAR_VALUES))


CHOICES: Final[dict[str, tuple[Row, ...]]] = {
    "Metric": (
        *_values(10),
        Row(16, "bytes_value", "bytes"),
        Row(17, "dataset_value", "DataSet"),
        Row(18, "template_value", "Template"),
    ),
    "PropertyValue": (
        *_values(3),
        Row(9, "propertyset_value", "PropertySet"),
        Row(10, "propertysets_value", "PropertySetList"),
    ),
    "DataSetValue": _values(1),
    "Parameter": _values(3),
}
"""Of these fields a message has one at most: its value."""

MESSAGES: Final[dict[str, tuple[Row, ...]]] = {
    "Payload": (
        Row(1, "timestamp", "uint64"),
        Row(2, "metrics", "Metric", many=True),
        Row(3, "seq", "uint64"),
        Row(4, "uuid", "string"),
        Row(5, "body", "bytes"),
    ),
    "Metric": (
        Row(1, "name", "string"),
        Row(2, "alias", "uint64"),
        Row(3, "timestamp", "uint64"),
        Row(4, "datatype", "uint32"),
        Row(5, "is_historical", "bool"),
        Row(6, "is_transient", "bool"),
        Row(7, "is_null", "bool"),
        Row(8, "metadata", "MetaData"),
        Row(9, "properties", "PropertySet"),
        *CHOICES["Metric"],
    ),
    "MetaData": (
        Row(1, "is_multi_part", "bool"),
        Row(2, "content_type", "string"),
        Row(3, "size", "uint64"),
        Row(4, "seq", "uint64"),
        Row(5, "file_name", "string"),
        Row(6, "file_type", "string"),
        Row(7, "md5", "string"),
        Row(8, "description", "string"),
    ),
    "PropertySet": (Row(1, "keys", "string", many=True), Row(2, "values", "PropertyValue", many=True)),
    "PropertySetList": (Row(1, "propertyset", "PropertySet", many=True),),
    "PropertyValue": (Row(1, "type", "uint32"), Row(2, "is_null", "bool"), *CHOICES["PropertyValue"]),
    "DataSet": (
        Row(1, "num_of_columns", "uint64"),
        Row(2, "columns", "string", many=True),
        Row(3, "types", "uint32", many=True),
        Row(4, "rows", "Row", many=True),
    ),
    "Row": (Row(1, "elements", "DataSetValue", many=True),),
    "DataSetValue": CHOICES["DataSetValue"],
    "Template": (
        Row(1, "version", "string"),
        Row(2, "metrics", "Metric", many=True),
        Row(3, "parameters", "Parameter", many=True),
        Row(4, "template_ref", "string"),
        Row(5, "is_definition", "bool"),
    ),
    "Parameter": (Row(1, "name", "string"), Row(2, "type", "uint32"), *CHOICES["Parameter"]),
}

BY_NUMBER: Final = {message: {row.number: row for row in rows} for message, rows in MESSAGES.items()}

_PACKAGE: Final = "yingzhou.sparkplug"
_KINDS: Final = {
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}


def _file() -> FileDescriptorProto:
    """The table as protobuf describes messages: proto2, as Sparkplug B is, whose fields know whether they were sent."""
    file = FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    for name, rows in MESSAGES.items():
        message = file.message_type.add(name=name)
        choice = CHOICES.get(name, ())
        if choice:
            message.oneof_decl.add(name="value")
        for row in rows:
            label = FieldDescriptorProto.LABEL_REPEATED if row.many else FieldDescriptorProto.LABEL_OPTIONAL
            field = message.field.add(name=row.name, number=row.number, label=label)
            if row.kind in _KINDS:
                field.type = _KINDS[row.kind]
            else:
                field.type = FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{row.kind}"
            if row in choice:
                field.oneof_index = 0
    return file


def _payload_class() -> type[Message]:
    pool = DescriptorPool()
    pool.AddSerializedFile(_file().SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


PayloadMessage: Final = _payload_class()
"""Google's class of a payload; the messages in it come out of it."""
