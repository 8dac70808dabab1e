"""What is fuzzed: every reader, explainer and stream decoder of the registry, as functions that take any bytes."""

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from protocols.vocabulary import ProtocolError
from tests.protocols.codec import Laws
from tests.protocols.registry import LAWS

LIMIT_S = 0.5
"""CPU of one input: ten times what bad input may cost, since the fuzzer's own instruments slow it down."""

Target = Callable[[bytes], None]


def targets() -> dict[str, Target]:
    """By name, which is also the name of its corpus."""
    return {_slug(name): target for laws in LAWS.values() for name, target in _of(laws)}


def seeds(name: str) -> list[bytes]:
    """Right frames of the wire that a target belongs to."""
    return next(laws.golden for laws in LAWS.values() if name in {_slug(one) for one, _ in _of(laws)})


def _of(laws: Laws) -> Iterator[tuple[str, Target]]:
    for name, codec in laws.streams.items():
        yield f"read {name}", partial(_read, codec.decode)
        yield f"stream {name}", partial(_stream, codec.decoder)
    for name, message in laws.messages.items():
        yield f"read {name}", partial(_again, message.encode, message.decode)
    for name, reader in laws.readers.items():
        yield f"read {name}", partial(_read, reader)
    for name, explain in laws.explainers.items():
        yield f"explain {name}", partial(_explain, explain)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _read(read: Callable[[bytes], Any], data: bytes) -> None:
    start_s = time.process_time()
    told = ""
    try:
        read(data)
    except ProtocolError as error:
        told = str(error)
    assert "\n" not in told, "one line"
    assert time.process_time() - start_s < LIMIT_S


def _again(encode: Callable[[Any], bytes], decode: Callable[[bytes], Any], data: bytes) -> None:
    """What was read can be written, and is read as the same then; NaN, which is not equal to itself, by its bytes."""
    try:
        value = decode(data)
    except ProtocolError:
        return
    written = encode(value)
    again = decode(written)
    assert again == value or encode(again) == written


def _explain(explain: Callable[[bytes], list[Any]], data: bytes) -> None:
    fields = explain(data)
    assert [field.start for field in fields] == [0, *(field.end for field in fields)][: len(fields)]
    assert (fields[-1].end if fields else 0) == len(data)


def _stream(decoder: Callable[[], Any], data: bytes) -> None:
    """The first byte says where the rest is cut: the results do not depend on it."""
    cut, stream = (data[0], data[1:]) if data else (0, b"")
    whole, parts = decoder(), decoder()
    at_once = _shown(whole.feed(stream))
    in_two = _shown(parts.feed(stream[:cut])) + _shown(parts.feed(stream[cut:]))
    assert at_once == in_two
    assert len(whole._buffer) <= whole.MAX_FRAME


def _shown(results: list[Any]) -> list[Any]:
    return [str(result) if isinstance(result, ProtocolError) else result for result in results]
