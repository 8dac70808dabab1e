"""An edge node of the package pysparkplug, run as a program of its own: PORT USER PASSWORD GROUP EDGE.

Prints ``told`` when its data went out, and stays.
"""

import signal
import sys
import time
from typing import Any

import pysparkplug as psp


def metric(name: str, datatype: Any, value: Any) -> Any:
    return psp.Metric(timestamp=psp.get_current_timestamp(), name=name, datatype=datatype, value=value)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    port, user, password, group, edge = sys.argv[1:]
    node = psp.EdgeNode(
        group,
        edge,
        [metric("Water Temperature", psp.DataType.FLOAT, 20.5)],
        client=psp.Client(username=user, password=password),
    )
    node.register(psp.Device("Pibrella 1", [metric("Tank 1/pH", psp.DataType.DOUBLE, 7.0)]))
    node.connect("127.0.0.1", port=int(port))
    while not node._connected:  # it calls nobody back
        time.sleep(0.01)
    node.update([metric("Water Temperature", psp.DataType.FLOAT, 21.5)])
    node.update_device("Pibrella 1", [metric("Tank 1/pH", psp.DataType.DOUBLE, 7.25)])
    print("told", flush=True)
    signal.sigwait({signal.SIGTERM})
    node.disconnect()


main()
