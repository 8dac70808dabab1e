"""What NB-IoT devices send through the operators' platforms in China: CTWing's AEP, Huawei's IoTDA."""

from protocols.nbiot import aep, huawei
from protocols.nbiot.layout import Layout, LayoutField, parse, read, write

__all__ = ["Layout", "LayoutField", "aep", "huawei", "parse", "read", "write"]
