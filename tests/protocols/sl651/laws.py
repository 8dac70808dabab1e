from protocols import sl651
from protocols.sl651 import Frame, Mode
from protocols.sl651.describe import describe
from protocols.sl651.explain import explain
from tests.protocols.codec import Codec, Laws, Message
from tests.protocols.golden import frames as golden_frames
from tests.protocols.sl651.bodies import REAL, frames, messages

GOLDEN = [
    bytes.fromhex(frame)
    for row in golden_frames("sl651", "SL651")
    for frame in (row["frame"] if row["encoding"] == "hex_list" else [row["frame"]])
]


def _read(raw: bytes) -> tuple[Frame, sl651.Body]:
    frame = sl651.decode(raw)
    return frame, sl651.read_body(frame)


def _written(pair: tuple[Frame, sl651.Body]) -> bytes:
    return sl651.encode(sl651.compose(*pair))


LAWS = Laws(
    streams={
        "sl651 HEX": Codec(sl651.Decoder, sl651.encode, sl651.decode, frames(Mode.HEX), checksum_at_end=2),
        "sl651 ASCII": Codec(sl651.Decoder, sl651.encode, sl651.decode, frames(Mode.ASCII), checksum_at_end=4),
        "sl651, both in one stream": Codec(
            sl651.Decoder, sl651.encode, sl651.decode, frames(Mode.HEX) | frames(Mode.ASCII)
        ),
    },
    messages={
        "sl651 bodies, HEX": Message(_written, _read, messages(Mode.HEX).map(lambda f: (f, sl651.read_body(f)))),
        "sl651 bodies, ASCII": Message(_written, _read, messages(Mode.ASCII).map(lambda f: (f, sl651.read_body(f)))),
    },
    readers={
        "sl651 measurements": lambda raw: sl651.measurements(sl651.decode(raw)),
        "sl651 body": _read,
        "describe sl651": describe,
    },
    explainers={"sl651": explain},
    golden=[*GOLDEN, *map(bytes.fromhex, REAL.values())],
    garbage=[
        b"\x7e\x7e",
        b"\x7e",
        b"\x01",
        b"\x7e\x7e\x01\x00\x12\x34\x56\x78\x12\x34\x30\x0f\xff\x02",
        b"\x0101",
        b"\x16",
    ],
)
