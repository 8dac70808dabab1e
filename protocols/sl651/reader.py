"""The items of a HEX body, one after the other, as its function code says they lie (§6.6.3, §6.6.4)."""

from collections.abc import Iterator
from typing import Final

from protocols.bcd import digits
from protocols.sl651.elements import EXTENDED, LEVEL_LISTS, RELAY_RANGE, RESERVED, STATION, STEP, TIME, code, elements
from protocols.sl651.functions import Content, Function
from protocols.sl651.items import TO_THE_END, Asked, Element, Item, Period, Plain, Series, StationMark, TimeMark
from protocols.sl651.numbers import NOT_DECIMAL, number
from protocols.vocabulary.errors import ProtocolError

_STATION_MARK: Final = b"\xf1\xf1"
_TIME_MARK: Final = b"\xf0\xf0"
_MOST_HEADS: Final = 4


class Reader:
    """Reads one body, as far as it is right.

    :param data: what follows serial number and send time.
    """

    def __init__(self, function: Function, content: Content, data: bytes) -> None:
        self._function = function
        self._content = content
        self._data = data
        self._at = 0

    def __iter__(self) -> Iterator[Item]:
        """The items from first to last.

        :raises ProtocolError: what comes next is none; those before it were given.
        """
        if self._content is Content.FREE:
            yield from self._free()
            return
        while self._left and self._next(2) == _STATION_MARK:
            yield self._station()
        match self._content:
            case Content.ELEMENTS | Content.PARAMETERS:
                yield from self._elements()
            case Content.SERIES:
                yield from self._series()
            case Content.ELEMENT_IDS | Content.PARAMETER_IDS:
                yield from self._ids()
            case Content.PERIOD:
                yield from self._period()
            case _:
                if self._left:
                    yield Plain(self._take(self._left, "data"))

    @property
    def _left(self) -> int:
        return len(self._data) - self._at

    def _next(self, count: int) -> bytes:
        return self._data[self._at : self._at + count]

    def _take(self, count: int, name: str) -> bytes:
        data = self._next(count)
        if len(data) < count:
            raise ProtocolError(f"{name}: expected {count} bytes, the body has {len(data)} more", data)
        self._at += count
        return data

    def _station(self) -> StationMark:
        self._take(2, "station mark")
        station = self._take(5, "station").hex().upper()
        typed = self._function.typed
        if self._content is Content.FREE:
            typed = self._next(3)[1:] == _TIME_MARK or self._left == 1
        # a time mark is no type: a device that leaves the type out is read
        if typed and self._left and self._next(2) != _TIME_MARK:
            return StationMark(station, self._take(1, "station type")[0])
        return StationMark(station)

    def _id(self) -> int:
        first = self._take(1, "id")[0]
        if first == 0:
            raise ProtocolError(f"id 00 at byte {self._at - 1} of the content: expected 01 to FF", self._data)
        return first << 8 | self._take(1, "second byte of the id")[0] if first == EXTENDED else first

    def _elements(self) -> Iterator[Item]:
        while self._left:
            yield self._one()

    def _one(self) -> Item:
        if self._next(2) == _STATION_MARK:
            return self._station()
        if self._next(2) == _TIME_MARK:
            self._take(2, "time mark")
            return TimeMark(digits(self._take(5, "observation time")))
        identifier = self._id()
        definition = self._take(1, f"definition byte of {code(identifier)}")[0]
        if self._function.takes_parameters:
            size = definition if identifier == RELAY_RANGE else definition >> 3
            return Element(identifier, definition, self._take(size, f"parameter {code(identifier)}"))
        if identifier == definition and (identifier in RESERVED or identifier in LEVEL_LISTS):
            # 7979: a maker's mark like F2F2; what follows says neither how long it is nor where the next one begins
            self._at -= 2
            return Plain(self._take(self._left, "data"))
        _check_definition(identifier, definition)
        if identifier in TO_THE_END:
            return Element(identifier, definition, self._take(self._left, "data"))
        return Element(identifier, definition, self._take(definition >> 3, f"element {code(identifier)}"))

    def _ids(self) -> Iterator[Item]:
        while self._left:
            yield self._asked()

    def _asked(self) -> Asked:
        identifier = self._id()
        return Asked(identifier, self._take(1, f"definition byte of {code(identifier)}")[0])

    def _period(self) -> Iterator[Item]:
        if not self._left:
            return
        yield Period(digits(self._take(4, "begin")), digits(self._take(4, "end")))
        if self._left:
            yield self._one()
        yield from self._ids()

    def _series(self) -> Iterator[Item]:
        while self._left:
            item = self._one()
            yield item
            if isinstance(item, Element) and item.id == STEP and self._left:
                yield from self._after_step()

    def _after_step(self) -> Iterator[Item]:
        """Groups, where the bytes divide into them; else single elements, as some devices answer function 38."""
        series = self._groups(1)
        plain = self._attempt_elements()
        if plain is not None and (series is None or any(isinstance(item, TimeMark) for item in plain)):
            self._at = len(self._data)
            yield from plain
            return
        if series is None or not _is_decimal(series):
            wider = (self._groups(heads) for heads in range(2, _MOST_HEADS + 1))
            series = next((found for found in wider if found and _is_decimal(found)), series)
        if series is None:
            raise ProtocolError(f"series: {self._left} bytes do not divide into an id and its data", self._next(64))
        self._at = len(self._data)
        yield series

    def _attempt_elements(self) -> list[Item] | None:
        begin = self._at
        try:
            return list(self._elements())
        except ProtocolError:
            return None  # then they are groups
        finally:
            self._at = begin

    def _groups(self, count: int) -> Series | None:
        """The rest as a series of so many ids, when it divides; does not move on."""
        begin = self._at
        try:
            heads = tuple(self._asked() for _ in range(count))
            data = self._next(self._left)
        except ProtocolError:
            return None  # too short for so many ids
        finally:
            self._at = begin
        if count > 1 and any(head.id not in elements() for head in heads):
            return None
        size = sum(head.length for head in heads)
        if not size or not data or len(data) % size:
            return None
        return Series(heads, tuple(_cut(heads, data[at : at + size]) for at in range(0, len(data), size)))

    def _free(self) -> Iterator[Item]:
        """A user function that is built like a report is read like one; any other is bytes."""
        items = self._attempt_elements() if self._next(2) == _STATION_MARK else None
        if items is None:
            items = [Plain(self._take(self._left, "data"))] if self._left else []
        yield from items


def _check_definition(identifier: int, definition: int) -> None:
    """The second byte of some ids is fixed (Table C.1, notes a to g)."""
    right = {TIME: 0xF0, STATION: 0xF1, STEP: 0x18, **TO_THE_END}.get(identifier)
    if right is not None and definition != right:
        raise ProtocolError(
            f"element {code(identifier)}: expected {right:02X} as its definition byte, found {definition:02X}"
        )
    if identifier in LEVEL_LISTS and (definition >> 3) % 2:
        raise ProtocolError(
            f"element {code(identifier)}: expected an even number of bytes, found {definition >> 3} in {definition:02X}"
        )


def _cut(heads: tuple[Asked, ...], data: bytes) -> tuple[bytes, ...]:
    group, at = [], 0
    for head in heads:
        group.append(data[at : at + head.length])
        at += head.length
    return tuple(group)


def _is_decimal(series: Series) -> bool:
    """Whether every group of ordinary elements is decimal or missing."""
    return all(
        number(data, head.decimals).why != NOT_DECIMAL
        for group in series.groups
        for head, data in zip(series.heads, group, strict=True)
        if head.id < TIME
    )
