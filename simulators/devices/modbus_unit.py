"""One Modbus unit: a register map over the world, sampled once a second."""

from collections.abc import Mapping
from math import sqrt
from typing import Final

from protocols.vocabulary import HardwareId
from simulators.devices.register_map import GATE_OPENING, LAMP_LEVEL, SLUICE_GATE, STREETLIGHT, RegisterMap
from simulators.environment import Site, World
from simulators.environment.generated import active_power, current, lamp_level, voltage
from simulators.faults import PLAIN, Mouth, shown
from simulators.truth import Said, Witness

SAMPLE_MS: Final = 1000
"""The instrument measures on the full second, and shows that until the next: reading it often costs no measuring."""
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
ORIFICE: Final = 0.6
"""Discharge coefficient of a sluice gate."""
GATE_WIDTH_M: Final = 6.0
GRAVITY: Final = 9.80665


class Unit:
    """A read-only instrument.

    :param witness: is told every reading that an answer carried whole; None: nobody is.
    """

    def __init__(
        self, site: Site, hardware: HardwareId, registers: RegisterMap, world: World, witness: Witness | None = None
    ) -> None:
        self.site = site
        self.hardware = hardware
        self.registers = registers
        self.mouth: Mouth = PLAIN
        """Where its answers go out."""
        self._world = world
        self._witness = witness
        self._base, self._end = registers.base, registers.end
        self._sampled_ms: int | None = None
        self._image = b""

    def read(self, address: int, quantity: int, now_ms: int) -> bytes | None:
        """``quantity`` registers from ``address`` on; None when one of them is outside of the map."""
        if address < self._base or address + quantity > self._end:
            return None
        sample_ms = now_ms - now_ms % SAMPLE_MS
        if sample_ms != self._sampled_ms:
            self._image = self.registers.encode(self.values(sample_ms))
            self._sampled_ms = sample_ms
        start = 2 * (address - self._base)
        words = self._image[start : start + 2 * quantity]
        if self._witness is not None:
            self._witness(self._said(words, address, quantity, now_ms))
        return words

    def write(self, address: int, words: bytes, now_ms: int) -> int:
        """Write register words from ``address`` on; 0 when done, else the exception code."""
        del address, words, now_ms
        return ILLEGAL_ADDRESS

    def values(self, sample_ms: int) -> Mapping[str, float]:
        """What the instrument finds at an instant, ms UTC, in the vocabulary's units."""
        return {name: self._value(name, sample_ms) for name in self.registers.observed}

    def _value(self, name: str, sample_ms: int) -> float:
        """Of a property, or of property/channel."""
        observed, _, channel = name.partition("/")
        return self._world.last_known(self._site_of(channel), observed, sample_ms)

    def _site_of(self, channel: str) -> Site:
        """Where a channel is measured: beside the device."""
        return self.site._replace(device=f"{self.site.device}/{channel}") if channel else self.site

    def _said(self, words: bytes, address: int, quantity: int, now_ms: int) -> list[Said]:
        return [
            Said(
                self.site.device,
                str(self.hardware),
                entry.observed,
                None,
                entry.decode(words[2 * (entry.address - address) : 2 * (entry.end - address)]),
                "answered",
                now_ms,
            )
            for entry in self.registers.entries
            if entry.shown is None and address <= entry.address and entry.end <= address + quantity
        ]


class Streetlight(Unit):
    """A lamp controller: by itself it follows the sun; once its level register was written, it keeps that level."""

    def __init__(self, site: Site, hardware: HardwareId, world: World, witness: Witness | None = None) -> None:
        super().__init__(site, hardware, STREETLIGHT, world, witness)
        self.commanded: int | None = None
        """The level that was written, %; None as long as none was."""

    def write(self, address: int, words: bytes, now_ms: int) -> int:
        if address != LAMP_LEVEL or len(words) != 2:
            return ILLEGAL_ADDRESS
        level = int.from_bytes(words, "big")
        if level > 100:
            return ILLEGAL_VALUE
        self.commanded = level
        self._sampled_ms = None
        if self._witness is not None:
            told = (self.site.device, str(self.hardware), "lamp_level", None, float(level))
            self._witness([Said(*told, "obeyed", now_ms)])
        return 0

    def values(self, sample_ms: int) -> Mapping[str, float]:
        moment = self._world.moment(self.site, sample_ms)
        level = lamp_level(moment) if self.commanded is None else float(self.commanded)
        true = {
            "voltage": voltage(moment),
            "current": current(moment, level),
            "active_power": active_power(moment, level),
            "lamp_level": level,
        }
        return {name: shown(self._world, self.site, name, sample_ms, value) for name, value in true.items()}


class SluiceGate(Unit):
    """The controller of a gate between a channel (above) and the estuary (below); it is driven where it is told.

    What flows under the gate follows from its opening and both levels (discharge through a submerged orifice).
    """

    def __init__(self, site: Site, hardware: HardwareId, world: World, witness: Witness | None = None) -> None:
        super().__init__(site, hardware, SLUICE_GATE, world, witness)

    def write(self, address: int, words: bytes, now_ms: int) -> int:
        if address != GATE_OPENING or len(words) != 2:
            return ILLEGAL_ADDRESS
        opening = int.from_bytes(words, "big") / 1000
        try:
            self._world.open_gate(self.site, opening, now_ms)
        except ValueError:
            return ILLEGAL_VALUE
        self._sampled_ms = None
        if self._witness is not None:
            told = (self.site.device, str(self.hardware), "gate_opening", None, opening)
            self._witness([Said(*told, "obeyed", now_ms)])
        return 0

    def values(self, sample_ms: int) -> Mapping[str, float]:
        opening = self._value("gate_opening", sample_ms)
        above, below = (self._value(f"water_level/{side}", sample_ms) for side in ("above", "below"))
        head = abs(above - below)
        flow = ORIFICE * GATE_WIDTH_M * opening * sqrt(2 * GRAVITY * head) * (1 if above >= below else -1)
        return {
            "gate_opening": opening,
            "water_level/above": above,
            "water_level/below": below,
            "water_flow": shown(self._world, self.site, "water_flow", sample_ms, flow),
            "drive_running": float(self._value("gate_opening", sample_ms + SAMPLE_MS) != opening),
        }

    def _site_of(self, channel: str) -> Site:
        return self.site._replace(river=channel == "below") if channel else self.site
