"""JSON (RFC 8259) as a wire format may hold it: UTF-8, finite numbers, no name twice, no text after the end."""

import json
from collections.abc import Sequence
from typing import Final

from protocols.vocabulary.errors import ProtocolError

_DIGITS: Final = 400


def loads(data: bytes, what: str) -> object:
    """The one value that the bytes hold, as Python values.

    A number beyond float64, such as 1e999, becomes an infinity: whoever reads a number checks that it is finite.

    :param what: the wire format, to begin a message with.
    :raises ProtocolError: no UTF-8, no JSON, NaN or Infinity, a name twice in one object, nested too deep.
    """
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=lambda pairs: _object(pairs, what),
            parse_constant=lambda text: _no_constant(text, what),
            parse_int=lambda text: _integer(text, what),
        )
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{what}: no UTF-8 at byte {error.start}", data) from None
    except json.JSONDecodeError as error:
        raise ProtocolError(f"{what}: no JSON: {error.msg} at character {error.pos}", data) from None
    except RecursionError:
        raise ProtocolError(f"{what}: nested too deep", data) from None


def _object(pairs: Sequence[tuple[str, object]], what: str) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ProtocolError(f"{what}: a JSON object names a member twice")
    return made


def _no_constant(text: str, what: str) -> float:
    raise ProtocolError(f"{what}: {text} is no JSON number")


def _integer(text: str, what: str) -> int:
    if len(text) > _DIGITS:
        raise ProtocolError(f"{what}: an integer of {len(text)} digits")
    return int(text)
