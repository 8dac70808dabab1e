"""Every wire format that obeys the laws; a new format is a new row and needs no new test."""

from tests.protocols.codec import Laws
from tests.protocols.hj212.laws import LAWS as HJ212
from tests.protocols.modbus.laws import LAWS as MODBUS
from tests.protocols.senml.laws import LAWS as SENML
from tests.protocols.uplink.laws import LAWS as UPLINK

LAWS: dict[str, Laws] = {
    "hj212": HJ212,
    "modbus": MODBUS,
    "senml": SENML,
    "uplink": UPLINK,
}
