import pytest

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.lwm2m_resources import ResourceRow


def test_a_resource_is_divided_and_brought_to_our_unit():
    assert ResourceRow("/3303/0/5700", "air_temperature").value(21.5) == 21.5
    assert ResourceRow("/10351/*/1", "battery_voltage", unit="mV").value(3600) == 3.6
    assert ResourceRow("/10351/0/2", "water_level", unit="cm", divisor=10).value(1234) == 1.234
    assert ResourceRow("/10351/0/2", "of_the_site").value(7) == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("3303/0/5700", "ph"), "expected /object/instance/resource"),
        (("/3303/0", "ph"), "expected /object/instance/resource"),
        (("/65535/0/1", "ph"), "expected /object/instance/resource"),
        (("/1/0/1", "ph", "", "", 0), "divisor 0"),
        (("/1/0/1", "ph", "", "kPa"), "no way from 'kPa'"),
        (("/1/0/1", "voltage", "", "mV", 1, True), "what is writable is in the property's unit"),
    ],
)
def test_a_resource_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ResourceRow(*arguments)


def test_two_rows_for_one_resource_are_refused():
    rows = (ResourceRow("/1/0/1", "ph"), ResourceRow("/1/0/1", "orp"))
    with pytest.raises(ValueError, match="v/m: /1/0/1 comes twice"):
        DeviceModel("v", "m", "w", "man", resources=rows)
