"""Frames per second of every decoder on one core, and beside it whatever Python package decodes the same.

``python -m bench.codecs [--seconds N] [--only WIRE] [--json]``. The frames are the real ones under tests/golden that a
strict decoder accepts. Ours and the peer take turns, frame set by frame set, and the median of the rounds counts.
"""

import argparse
import asyncio
import base64
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
ROUNDS = 5

Work = Callable[[bytes], object]


class Row(NamedTuple):
    name: str
    frames: list[bytes]
    ours: Work
    what: str
    """As far as ours goes."""
    peer: str = ""
    theirs: Work | None = None
    shared: list[bytes] | None = None
    """The frames that the peer can read as well; None: all."""


def frames(folder: str, protocol: str) -> list[bytes]:
    rows = json.loads((GOLDEN / folder / "frames.json").read_text("utf-8"))
    return [raw for row in rows if row["protocol"] == protocol and row["accept"] for raw in raws(row)]


def raws(row: dict[str, Any]) -> list[bytes]:
    frame, encoding = row["frame"], row.get("encoding")
    if encoding == "hex_list":
        return [bytes.fromhex(one) for one in frame]
    if encoding == "base64":
        return [base64.b64decode(frame)]
    is_text = row["protocol"] in ("HJ212", "SENML_JSON")
    return [frame.encode() if is_text else bytes.fromhex(frame)]


def readable(found: Sequence[bytes], read: Work) -> list[bytes]:
    kept = []
    for raw in found:
        try:
            if read(raw) is not None:
                kept.append(raw)
        except Exception:  # noqa: BLE001 - a peer may fail as it likes on what it cannot read
            continue
    return kept


def hj212() -> Row:
    from protocols import hj212

    found = frames("hj212", "HJ212")
    return Row("hj212", found, lambda raw: hj212.measurements(hj212.decode(raw, "either")), "packet, measurements")


def sl651() -> Row:
    from protocols import sl651

    found = readable(frames("sl651", "SL651"), sl651.decode)
    return Row("sl651", found, lambda raw: sl651.measurements(sl651.decode(raw)), "frame, body, measurements")


def dlt645() -> Row:
    from dlt645.protocol.protocol import DLT645Protocol

    from protocols import dlt645

    found = frames("dlt645", "DLT645")
    theirs: Work = DLT645Protocol.deserialize
    return Row("dlt645", found, dlt645.decode, "frame", "dlt645", theirs, readable(found, theirs))


def cjt188() -> Row:
    from protocols import cjt188

    found = frames("cjt188", "CJT188")
    return Row("cjt188", found, cjt188.decode, "frame")


def modbus_rtu() -> Row:
    from pymodbus.framer import FramerRTU
    from pymodbus.pdu import DecodePDU

    from protocols.modbus import rtu

    answers = readable(frames("modbus", "MODBUS_RTU"), lambda raw: rtu.decode(raw, "response"))
    framer = FramerRTU(DecodePDU(is_server=False))

    def theirs(raw: bytes) -> object:
        _, _, _, pdu = framer.decode(raw)
        return framer.decoder.decode(pdu) if pdu else None

    return Row(
        "modbus-rtu", answers, lambda raw: rtu.decode(raw, "response"), "answer", "pymodbus", theirs,
        readable(answers, theirs),
    )  # fmt: skip


def modbus_tcp() -> Row:
    from pymodbus.framer import FramerSocket
    from pymodbus.pdu import DecodePDU

    from protocols.modbus import tcp
    from protocols.modbus.pdu import Registers

    answers = [tcp.encode(tcp.Adu(n, 1, Registers(3, tuple(range(20))))) for n in range(20)]
    framer = FramerSocket(DecodePDU(is_server=False))

    def theirs(raw: bytes) -> object:
        _, _, _, pdu = framer.decode(raw)
        return framer.decoder.decode(pdu)

    return Row(
        "modbus-tcp", answers, lambda raw: tcp.decode(raw, "response"), "answer of 20 registers", "pymodbus", theirs
    )


def senml_json() -> Row:
    from protocols import senml

    found = frames("senml", "SENML_JSON")
    return Row(
        "senml-json", found, lambda raw: senml.resolve(senml.decode_json(raw), 1.8e9), "pack, resolved",
        "json (no SenML)", json.loads,
    )  # fmt: skip


def senml_cbor() -> Row:
    import cbor2

    from protocols import senml

    read: Work = lambda raw: senml.resolve(senml.decode_cbor(raw), 1.8e9)  # noqa: E731
    found = readable(frames("senml", "SENML_CBOR"), read)
    return Row("senml-cbor", found, read, "pack, resolved", "cbor2, C (no SenML)", cbor2.loads)


def coap() -> Row:
    from aiocoap import Message

    from protocols import coap

    found = frames("coap", "COAP_LWM2M")
    theirs: Work = Message.decode
    return Row("coap", found, coap.decode, "message", "aiocoap", theirs, readable(found, theirs))


def lwm2m_tlv() -> Row:
    from protocols.lwm2m import tlv

    return Row("lwm2m-tlv", frames("lwm2m", "LWM2M_TLV"), tlv.decode, "tree")


def sparkplug() -> Row:
    from protocols import sparkplug

    found = frames("sparkplug", "SPARKPLUG_B")
    return Row("sparkplug", found, sparkplug.decode, "payload, by protobuf")


def uplink() -> Row:
    from bench.ingest import INSTANTS, envelopes, rows
    from protocols.uplink import expand, read_header
    from protocols.uplink.columns import decode

    keys = [f"mn:A{number}/ph" for number in range(1000 // INSTANTS)]
    taken = rows([{"id": "gw-1", "keys": keys, "hmac_key": "00" * 32, "key_id": 1}], 1)
    ((_, envelope),) = envelopes((one, one.polls()) for one in taken)

    def ours(raw: bytes) -> object:
        header = read_header(raw)
        return decode(expand(raw, header), header.readings)

    return Row("uplink", [envelope], ours, "1,000 readings to columns")


ROWS = (
    hj212,
    sl651,
    dlt645,
    cjt188,
    modbus_rtu,
    modbus_tcp,
    senml_json,
    senml_cbor,
    coap,
    lwm2m_tlv,
    sparkplug,
    uplink,
)


def rate(work: Work, given: Sequence[bytes], seconds: float) -> float:
    """Frames per second of this process's CPU."""
    done = 0
    began = time.process_time()
    while (took := time.process_time() - began) < seconds:
        for raw in given:
            work(raw)
        done += len(given)
    return done / took


def measure(row: Row, seconds: float) -> dict[str, Any]:
    given = readable(row.frames, row.ours)  # the collection has bare segments and payloads too
    ours: list[float] = []
    shared: list[float] = []
    theirs: list[float] = []
    both = given if row.shared is None else [raw for raw in row.shared if raw in given]
    for _ in range(ROUNDS):
        ours.append(rate(row.ours, given, seconds))
        if row.theirs is not None:
            shared.append(rate(row.ours, both, seconds))
            theirs.append(rate(row.theirs, both, seconds))
    told: dict[str, Any] = {
        "wire": row.name,
        "decoded": row.what,
        "frames": len(given),
        "bytes": round(statistics.mean(map(len, given))),
        "frames_per_s": round(statistics.median(ours)),
    }
    if row.theirs is not None:
        pairs = [ours_s / theirs_s for ours_s, theirs_s in zip(shared, theirs, strict=True)]
        told |= {
            "peer": row.peer,
            "peer_frames": len(both),
            "peer_frames_per_s": round(statistics.median(theirs)),
            "ratio": round(statistics.median(pairs), 2),
        }
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each of the five rounds (default 0.3)")
    parser.add_argument("--only", choices=[row.__name__ for row in ROWS], help="one wire")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    asyncio.set_event_loop(asyncio.new_event_loop())  # aiocoap's messages want one
    print(f"{'wire':<12}{'decoded':<28}{'frames':>7}{'bytes':>7}{'/s':>11}  {'peer':<22}{'/s':>11}{'ratio':>8}")
    results = []
    for made in ROWS:
        if args.only in (None, made.__name__):
            told = measure(made(), args.seconds)
            results.append(told)
            peer = f"{told['peer']:<22}{told['peer_frames_per_s']:>11,}{told['ratio']:>8}" if "peer" in told else "-"
            print(
                f"{told['wire']:<12}{told['decoded']:<28}{told['frames']:>7}{told['bytes']:>7}"
                f"{told['frames_per_s']:>11,}  {peer}",
                flush=True,
            )
    if args.json:
        print(json.dumps({"codecs": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
