"""SenML names and the points they mean."""

import pytest

from protocols.senml.points import point_of
from protocols.vocabulary import IdentityError, NeuronId, Point

NEURON = str(NeuronId.from_int(7))


@pytest.mark.parametrize(
    ("name", "point"),
    [
        (f"{NEURON}/water_temperature", Point(NEURON, "water_temperature")),
        (f"{NEURON}/voltage/b", Point(NEURON, "voltage", "b")),
        ("imei:867997030000000/ph", Point("imei:867997030000000", "ph")),
        ("urn:dev:mac:0024befffe804ff1:ph", Point("mac:0024befffe804ff1", "ph")),
        ("urn:dev:mac:0024befffe804ff1_water_temperature", Point("mac:0024befffe804ff1", "water_temperature")),
        ("urn:dev:imei:867997030000000:voltage/b", Point("imei:867997030000000", "voltage", "b")),
        ("urn:dev:ops:32473-Refrigerator-5002/ph", Point("ops:32473-Refrigerator-5002", "ph")),
        ("urn:imei:86799703-000000-0:ph", Point("imei:867997030000000", "ph")),
    ],
)
def test_names(name, point):
    assert point_of(name) == point


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ph",
        "urn:dev:mac:0024befffe804ff1",
        "urn:dev:mac::ph",
        "nrn-0000000aa/ph",
        "imei:1/",
        "imei:1/Ph",
        "/3303/0/5700",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(IdentityError):
        point_of(name)
