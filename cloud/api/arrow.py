"""Arrow streams (Arrow columnar format, IPC streaming format), by nanoarrow: pyarrow would be 170 MB."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, Final

import nanoarrow as na
import numpy as np
from nanoarrow import ipc
from numpy.typing import NDArray

MEDIA_TYPE: Final = "application/vnd.apache.arrow.stream"


def stream(head: Mapping[str, object], batches: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A piece for each batch, of columns by name, and one that ends the stream.

    :param head: what holds for all rows; it becomes the schema's metadata, as texts.
    """
    out = BytesIO()
    metadata = {name: str(value) for name, value in head.items()}
    with ipc.StreamWriter.from_writable(out) as writer:
        for columns in batches:
            types = {name: na.Schema(column.schema) for name, column in columns.items()}
            schema = na.c_schema(na.struct(types)).modify(metadata=metadata)
            length = len(next(iter(columns.values())))
            writer.write_array(na.c_array_from_buffers(schema, length, [None], children=list(columns.values())))
            yield _taken(out)
    yield _taken(out)


def _taken(out: BytesIO) -> bytes:
    piece = out.getvalue()
    out.seek(0)
    out.truncate()
    return piece


def times(ms: NDArray[np.int64]) -> Any:
    """Timestamps in ms UTC."""
    return na.c_array_from_buffers(na.timestamp("ms", "UTC"), len(ms), [None, np.ascontiguousarray(ms)])


def floats(values: NDArray[np.float64]) -> Any:
    """NaN and infinity become null."""
    known = np.isfinite(values)
    valid = None if known.all() else np.packbits(known, bitorder="little")
    return na.c_array_from_buffers(na.float64(), len(values), [valid, np.ascontiguousarray(values)])


def small_numbers(values: NDArray[np.uint8]) -> Any:
    """From 0 to 255."""
    return na.c_array_from_buffers(na.uint8(), len(values), [None, np.ascontiguousarray(values)])


def counts(values: NDArray[np.integer[Any]]) -> Any:
    """Whole numbers."""
    return na.c_array_from_buffers(na.int64(), len(values), [None, np.ascontiguousarray(values, np.int64)])


def texts(values: Sequence[str]) -> Any:
    """UTF-8."""
    return na.c_array(values, na.string())


def text_lists(lists: Sequence[Sequence[str]], which: NDArray[np.integer[Any]]) -> Any:
    """Of each row one of the lists of texts."""
    lengths = np.array([len(one) for one in lists], np.int32)[which]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    inner = texts([text for place in which[lengths > 0].tolist() for text in lists[place]])
    return na.c_array_from_buffers(na.list_(na.string()), len(which), [None, offsets], children=[inner])
