"""The section of a LwM2M link: what does not go together is told."""

import pytest
from pydantic import ValidationError

from edge.lwm2m.config import Lwm2m


def test_more_devices_than_may_register() -> None:
    devices = [{"endpoint": f"urn:imei:86799703000{n:04}"} for n in range(3)]
    keys = {"kind": "lwm2m", "name": "nodes", "device": devices}
    assert len(Lwm2m.model_validate(keys, strict=False).device) == 3
    with pytest.raises(ValidationError, match="max_registrations 2: 3 devices are listed"):
        Lwm2m.model_validate(keys | {"max_registrations": 2}, strict=False)
