"""Every wire format that obeys the laws; a new format is a new row and needs no new test."""

from tests.protocols.cjt188.laws import LAWS as CJT188
from tests.protocols.coap.laws import LAWS as COAP
from tests.protocols.codec import Laws
from tests.protocols.dlt645.laws import LAWS as DLT645
from tests.protocols.hj212.laws import LAWS as HJ212
from tests.protocols.lwm2m.laws import LAWS as LWM2M
from tests.protocols.modbus.laws import LAWS as MODBUS
from tests.protocols.mqtt.laws import LAWS as MQTT
from tests.protocols.nbiot.laws import LAWS as NBIOT
from tests.protocols.senml.laws import LAWS as SENML
from tests.protocols.sl651.laws import LAWS as SL651
from tests.protocols.sparkplug.laws import LAWS as SPARKPLUG
from tests.protocols.uplink.laws import LAWS as UPLINK

LAWS: dict[str, Laws] = {
    "coap": COAP,
    "cjt188": CJT188,
    "dlt645": DLT645,
    "hj212": HJ212,
    "lwm2m": LWM2M,
    "modbus": MODBUS,
    "mqtt": MQTT,
    "nbiot": NBIOT,
    "senml": SENML,
    "sparkplug": SPARKPLUG,
    "sl651": SL651,
    "uplink": UPLINK,
}
