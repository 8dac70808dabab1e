"""What a person wants to know of a device model, as lines of text, and docs/devices.md. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from firmware_adapters.device_model import USES, DeviceModel
from firmware_adapters.hj212_factors import FactorRow
from firmware_adapters.lwm2m_resources import ResourceRow
from firmware_adapters.meter_models import Dlt645Model
from firmware_adapters.rows import RegisterRow
from firmware_adapters.sl651_elements import meaning_of
from protocols.cjt188.control import type_name
from protocols.dlt645.items import is_block, item_of, name_of
from protocols.vocabulary import series_name, unit_of

_HEAD: Final = """# Devices that we know

Generated from the registry by `python -m yingzhou devices --markdown > docs/devices.md`; a test fails while this page
is out of date. `yingzhou devices VENDOR/MODEL` prints a model's rows with the sources of its facts. A device that is
not here: [five steps](edge/models.md), or rows in gateway.toml (edge/models.md §3).

A model of vendor `generic` is nobody's product: a map of our own, or what a standard says of a kind of device. We have
tried none of these maps on the device itself: they are from manuals and public sources, and a model's golden reply says
whether a device sent it or a hand made it.
"""
_WILD: Final = 0xFF
_COLUMNS: Final = "| model | firmware | what | series | facts from |\n|---|---|---|---|---|\n"


class Line(NamedTuple):
    """One row of a model, as it is printed."""

    place: str
    """Table and address, code, path, element or item."""
    series: str
    unit: str
    """Ours; empty where the vocabulary does not know the property."""
    how: str
    """Kind, order, scale, range, marks."""


def lines_of(model: DeviceModel) -> list[Line]:
    """All its rows."""
    return [*_lines(model)]


def markdown(models: Iterable[DeviceModel]) -> str:
    """docs/devices.md: a table for each use, generic models behind the products."""
    listed = sorted(models, key=lambda model: (model.is_generic, model.name.lower()))
    products = sum(not model.is_generic for model in listed)
    text = [_HEAD, f"\n{products} models of products, {len(listed) - products} generic ones.\n"]
    for use in USES:
        rows = [model for model in listed if model.use == use]
        if rows:
            text.append(f"\n## {use[0].upper()}{use[1:]}\n{_COLUMNS}")
            text += [_row(model) for model in rows]
    return "".join(text)


def _row(model: DeviceModel) -> str:
    series = ", ".join(dict.fromkeys(f"`{line.series}`" for line in _lines(model)))
    facts = "; ".join((model.manual, *model.sources))
    cells = (f"`{model.name}`", str(model.firmware), model.what, series, facts)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def _lines(model: DeviceModel) -> Iterator[Line]:
    yield from map(_register, model.registers)
    yield from map(_factor, model.factors)
    yield from map(_resource, model.resources)
    for name in model.elements:
        meant = meaning_of(name)
        if meant is not None:
            yield _line(name, meant.observed, meant.channel, "SL 651 Table C.1")
    if model.dlt645:
        yield from _items(model.dlt645)
    if model.cjt188:
        meter_type = model.cjt188.meter_type
        for series in model.golden[0].values:
            yield _line("901F", *_split(series), f"{type_name(meter_type)}, type {meter_type:02X}")


def _split(series: str) -> tuple[str, str]:
    observed, _, channel = series.partition("/")
    return observed, channel


def _line(place: str, observed: str, channel: str, how: str) -> Line:
    return Line(place, series_name(observed, channel), unit_of(observed) or "", how)


def _register(row: RegisterRow) -> Line:
    parts = [row.kind, "" if row.order == "ABCD" else row.order]
    if row.kind == "bits":
        parts.append(f"{row.low_bit} to {row.low_bit + row.width - 1}")
    if row.offset:
        parts.append(f"{row.offset:+}")
    parts.append(f"/ {row.divisor}" if row.divisor != 1 else "")
    parts.append(f"decimals {row.decimals}" if row.decimals else "")
    parts.append(row.unit)
    parts.append(", ".join(f"{number} = {value:g}" for number, value in row.codes))
    if row.low is not None or row.high is not None:
        parts.append("range " + " to ".join("" if end is None else f"{end:g}" for end in (row.low, row.high)))
    parts.append(f"none: {', '.join(f'{mark:X}' for mark in sorted(row.invalid))}" if row.invalid else "")
    parts.append("may be set" if row.writable else "")
    return _line(f"{row.table} {row.address:04X}", row.observed, row.channel, " ".join(filter(None, parts)))


def _factor(row: FactorRow) -> Line:
    return _line(row.code, row.observed, row.channel, row.unit)


def _resource(row: ResourceRow) -> Line:
    parts = (row.unit, f"/ {row.divisor}" if row.divisor != 1 else "", "may be set" if row.writable else "")
    return _line(row.path, row.observed, row.channel, " ".join(filter(None, parts)))


def _items(meter: Dlt645Model) -> Iterator[Line]:
    """A line for each number; a block (FF) has those of its total and of the three phases."""
    width = 8 if meter.edition == "2007" else 4
    for di in meter.items:
        place, how = f"{di:0{width}X}", name_of(di, meter.edition) or ""
        for one in _single(di, meter.edition):
            item = item_of(one, 0, meter.edition)
            for part in item.parts if item else ():
                if part.observed:
                    yield _line(place, part.observed.name, part.observed.channel, how)
    if meter.relay:
        yield _line(f"{meter.relay.status:0{width}X}", "relay_closed", "", "relay, may be set")


def _single(di: int, edition: str) -> tuple[int, ...]:
    if edition != "2007" or not is_block(di):
        return (di,)
    return tuple(di & ~(_WILD << 8) | phase << 8 for phase in range(4))
