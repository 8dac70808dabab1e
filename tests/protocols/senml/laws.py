from protocols import cbor, senml
from protocols.senml.describe import describe_cbor, describe_json
from tests.protocols.codec import Laws
from tests.protocols.golden import frames

NOW_S = 1.8e9

LAWS = Laws(
    readers={
        "cbor": cbor.loads,
        "senml-json": lambda raw: senml.resolve(senml.decode_json(raw), NOW_S),
        "senml-cbor": lambda raw: senml.resolve(senml.decode_cbor(raw), NOW_S),
        "describe senml-json": lambda raw: describe_json(raw, NOW_S),
        "describe senml-cbor": lambda raw: describe_cbor(raw, NOW_S),
    },
    golden=[
        *(row["frame"].encode() for row in frames("senml", "SENML_JSON")),
        *(bytes.fromhex(row["frame"]) for row in frames("senml", "SENML_CBOR")),
    ],
)
