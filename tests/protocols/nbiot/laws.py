from hypothesis import strategies as st

from protocols.nbiot import aep, layout
from protocols.nbiot.describe import describe_aep, describe_huawei
from protocols.nbiot.explain import explain_aep, explain_huawei
from tests.protocols.codec import Laws, Message
from tests.protocols.golden import frames

LAYOUT = layout.parse("level:u8,size:u8,name:text[size],note:text16,temperature:f32,key:hex[2]")

ids = st.integers(0, 65_535)
data = st.binary(max_size=40)
payloads = st.builds(aep.Payload, st.sampled_from([aep.Kind.DATA_REPORT, aep.Kind.EVENT]), ids, data) | st.builds(
    aep.Payload, st.sampled_from([aep.Kind.COMMAND, aep.Kind.COMMAND_RESPONSE]), ids, data, ids
)
values = st.tuples(
    st.integers(0, 255),
    st.text("abc", max_size=9),
    st.text(max_size=9),
    st.floats(width=32, allow_nan=False),
    st.binary(min_size=2, max_size=2),
).map(lambda v: {"level": v[0], "size": len(v[1]), "name": v[1], "note": v[2], "temperature": v[3], "key": v[4].hex()})

LAWS = Laws(
    messages={
        "nbiot-aep": Message(aep.encode, aep.decode, payloads),
        "nbiot layout": Message(
            lambda value: layout.write(LAYOUT, value), lambda raw: layout.read(LAYOUT, raw), values
        ),
    },
    readers={
        "describe nbiot-aep": describe_aep,
        "describe nbiot-aep with a layout": lambda raw: describe_aep(raw, LAYOUT),
        "describe nbiot-huawei": describe_huawei,
        "describe nbiot-huawei with a layout": lambda raw: describe_huawei(raw, LAYOUT),
        "nbiot transparent": lambda raw: aep.unwrap(raw, "nmgs"),
    },
    explainers={
        "nbiot-aep": explain_aep,
        "nbiot-aep with a layout": lambda raw: explain_aep(raw, LAYOUT),
        "nbiot-huawei": explain_huawei,
        "nbiot-huawei with a layout": lambda raw: explain_huawei(raw, LAYOUT),
    },
    golden=[
        *(
            bytes.fromhex(row["frame"])
            for file in ("frames.json", "more.json")
            for row in frames("nbiot", "NBIOT_AEP", "NBIOT_HUAWEI", file=file)
        ),
        bytes.fromhex("0203E9000F0102616200016341B40000BEEF0000"),
    ],
)
