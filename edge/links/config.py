"""The ``[[link]]`` sections of the configuration: one per cable or socket, told apart by ``kind``."""

from typing import Annotated

from pydantic import Field

from edge.cameras.config import CameraLinkConfig
from edge.links.coap_config import Coap
from edge.links.hj212_config import Hj212Serial, Hj212SerialTcp, Hj212Tcp
from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.modbus_config import ModbusRtu, ModbusRtuTcp, ModbusTcp
from edge.links.sl651_config import Sl651Tcp, Sl651Udp
from edge.lwm2m.config import Lwm2m

_Polled = ModbusTcp | ModbusRtu | ModbusRtuTcp | MeterSerial | MeterTcp
_Listened = Hj212Tcp | Hj212Serial | Hj212SerialTcp | Coap | Sl651Tcp | Sl651Udp | Lwm2m | CameraLinkConfig
LinkConfig = Annotated[_Polled | _Listened, Field(discriminator="kind")]
