"""The relay inside of an electricity meter, as commands see it (DL/T 645-2007 control code 1CH)."""

import re
from datetime import UTC, datetime
from typing import Final

from edge.blocking import whole
from edge.commands.actuator import Unfit
from edge.config import secret
from edge.links.link import DeviceRecord
from edge.links.meter_config import RelaySection
from edge.links.meter_port import DLT645, MeterPort
from edge.links.modbus_port import DeviceSilent
from firmware_adapters.meter_models import Relay
from protocols import dlt645
from protocols.vocabulary import Clock, ConfigError

RELAY: Final = "relay_closed"
"""The observed property: 1 closed, 0 open."""
VALID_S: Final = 300
"""A command that reaches the meter later, by the meter's clock, is refused by it."""


_PASSWORD: Final = re.compile(r"[0-9]{6}")


class CommandedRelay:
    """Of one meter whose section lets it be commanded.

    :param record: the meter's counts; what goes wrong here is counted there.
    """

    def __init__(self, address: str, section: RelaySection, relay: Relay, clock: Clock, record: DeviceRecord) -> None:
        self._address = address
        self._section = section
        self._relay = relay
        self._clock = clock
        self._record = record

    def fit(self, value: float) -> float:
        """What the meter will tell once the relay has obeyed.

        :raises Unfit: neither 1 (closed) nor 0 (open).
        """
        try:
            self._relay.command(value)
        except ValueError as unfit:
            raise Unfit(f"{RELAY}: {unfit}") from None
        return value

    async def write(self, port: MeterPort, value: float) -> float:
        """Switch once, and ask what the relay does. When no answer comes to the command, what the meter says counts.

        :raises YingzhouError: it was refused, the password file is wrong, or the meter does not tell.
        """
        who = dlt645.Credentials(self._section.level, await whole(self._password), self._section.operator)
        until = datetime.fromtimestamp(self._clock.now_ms() / 1000 + VALID_S, UTC)
        order = dlt645.requests.remote_switch(self._address, who, self._relay.command(value), until)
        try:
            await port.ask(DLT645, dlt645.Exchange(order), 1)
        except DeviceSilent:
            self._record.errors["write_silence"] += 1
        return await self.read(port)

    async def read(self, port: MeterPort) -> float:
        """Ask what the relay does.

        :raises YingzhouError: the meter does not tell.
        """
        question = dlt645.requests.read(self._address, self._relay.status)
        return self._relay.tell((await port.ask(DLT645, dlt645.Exchange(question), 1)).data)

    def _password(self) -> str:
        path = self._section.password_file
        text = secret(path)
        if _PASSWORD.fullmatch(text) is None:
            raise ConfigError(f"{path}: expected 6 digits")
        return text
