"""The items of an ASCII body: name, blank, data, blank (§6.6.2)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from protocols.sl651.elements import elements_by_name
from protocols.sl651.functions import Content, Function
from protocols.sl651.items import (
    AnyItem,
    Named,
    NamedSeries,
    Names,
    Period,
    Plain,
    StationMark,
    TextItem,
    TimeMark,
)
from protocols.sl651.stations import station_bytes
from protocols.vocabulary.errors import ProtocolError

TO_THE_END: Final = ("RGZS", "PIC")
"""Their data takes the rest of the body, as it is, blanks with it."""
MISSING: Final = "M"
_STEP = re.compile(r"DR[DHN](?:[0-9]{2})?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,11}")
_DATA = re.compile(r"[!-~]+")
_STAMP = re.compile(r"[0-9]{10}")
_HOUR = re.compile(r"[0-9]{8}")


class TextReader:
    """Reads one body, as far as it is right.

    :param data: what follows serial number and send time.
    """

    def __init__(self, function: Function, content: Content, data: bytes) -> None:
        self._function = function
        self._content = content
        self._data = data
        self._at = 0
        self.begin = 0
        """Where the last item began."""

    @property
    def at(self) -> int:
        """Where the next item begins."""
        return self._at

    def __iter__(self) -> Iterator[TextItem]:
        """The items from first to last.

        :raises ProtocolError: what comes next is none; those before it were given.
        """
        if self._content is Content.FREE and not self._data.startswith(b"ST "):
            if self._left:
                yield Plain(self._rest())
            return
        while self._left:
            self.begin = self._at
            item = self._one()
            yield item
            if isinstance(item, Named) and self._content is Content.SERIES and is_step(item.name):
                self.begin = self._at
                yield from self._series()

    @property
    def _left(self) -> int:
        return len(self._data) - self._at

    def _token(self, name: str) -> str:
        """The characters up to the next blank; the blank is used up."""
        end = self._data.find(b" ", self._at)
        end = len(self._data) if end < 0 else end
        raw = self._data[self._at : end]
        text = raw.decode("latin-1")
        if _DATA.fullmatch(text) is None:
            raise ProtocolError(f"{name}: expected printable characters and a blank, found {raw[:24]!r}", raw)
        self._at = min(end + 1, len(self._data))
        return text

    def _rest(self) -> bytes:
        data = self._data[self._at :]
        self._at = len(self._data)
        return data

    def _one(self) -> TextItem:  # noqa: PLR0911  # one for each kind of item
        match self._content:
            case Content.ELEMENT_IDS | Content.PARAMETER_IDS:
                return self._names()
            case Content.PERIOD if _HOUR.match(self._data[self._at : self._at + 8].decode("latin-1")):
                return Period(self._hour("begin"), self._hour("end"))
            case Content.NOTHING | Content.VERSION | Content.SWITCHES | Content.GATES | Content.QUOTA | Content.EVENTS:
                return self._station() if self._data.startswith(b"ST ", self._at) else Plain(self._rest())
        name = self._token("name")
        if name == "ST":
            return self._marked_station()
        if name == "TT":
            return TimeMark(self._shaped("observation time", _STAMP))
        if name in TO_THE_END:
            return Named(name, self._rest())
        if self._content is Content.PERIOD and not is_step(name):
            return Names((name, *self._names().names))
        if is_step(name):
            return Named(name if name[3:] else name + self._token("time step"), b"")
        return Named(name, self._token(name).encode())

    def _names(self) -> Names:
        found = []
        while self._left:
            found.append(self._token("name"))
        return Names(tuple(found))

    def _station(self) -> StationMark:
        self._token("station mark")
        return self._marked_station()

    def _marked_station(self) -> StationMark:
        station = self._token("station").upper()
        station_bytes(station)
        if self._function.typed and self._data[self._at + 1 : self._at + 2] in (b" ", b""):
            return StationMark(station, ord(self._token("station type")))
        return StationMark(station)

    def _hour(self, name: str) -> str:
        return self._shaped(name, _HOUR)

    def _shaped(self, name: str, shape: re.Pattern[str]) -> str:
        text = self._token(name)
        if shape.fullmatch(text) is None:
            raise ProtocolError(f"{name}: expected {shape.pattern}, found {text!r:.40}")
        return text

    def _series(self) -> Iterator[TextItem]:
        """Names, then the groups: a name begins with a letter, a value does not, but for M, which is missing."""
        tokens = []
        while self._left:
            tokens.append(self._token("value"))
        count = 0
        while count < len(tokens) and _is_name(tokens[count]):
            count += 1
        names, values = tuple(tokens[:count]), tokens[count:]
        if not names or len(values) % len(names):
            raise ProtocolError(f"series: {len(values)} values do not divide among {len(names)} elements")
        yield NamedSeries(names, tuple(tuple(values[at : at + count]) for at in range(0, len(values), count)))


def _is_name(token: str) -> bool:
    """Values are decimal, M, or the hexadecimal digits of a list of an hour, which are longer than any name."""
    return token != MISSING and (token in elements_by_name() or _NAME.fullmatch(token) is not None)


def is_step(name: str) -> bool:
    """Whether it is the name of a time step, DRD, DRH or DRN with its two digits."""
    return _STEP.fullmatch(name) is not None


def write_text(items: Iterable[AnyItem]) -> bytes:
    """The inverse of :class:`TextReader`: each part with the blank behind it.

    :raises ProtocolError: an item of HEX mode.
    """
    return b"".join(_written(item) for item in items)


def _written(item: AnyItem) -> bytes:  # noqa: PLR0911  # one for each kind of item
    match item:
        case StationMark():
            kind = [] if item.kind is None else [chr(item.kind)]
            return _words("ST", item.station, *kind)
        case TimeMark():
            return _words("TT", item.stamp)
        case Period():
            return _words(item.begin, item.end)
        case Names():
            return _words(*item.names)
        case NamedSeries():
            return _words(*item.names, *(value for group in item.groups for value in group))
        case Plain():
            return item.data
        case Named() if is_step(item.name):
            return _words(item.name)
        case Named():
            return item.name.encode() + b" " + item.data + (b"" if item.name in TO_THE_END else b" ")
    raise ProtocolError(f"{type(item).__name__}: belongs to HEX mode")


def _words(*words: str) -> bytes:
    return "".join(f"{word} " for word in words).encode("latin-1", "replace")
