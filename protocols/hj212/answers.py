"""The answers of §6.6: 9011 to a request, 9012 its result, 9013 to a notice, 9014 to data."""

from protocols.hj212.commands import INTERACTION, ExeRtn, QnRtn, command
from protocols.hj212.content import Group
from protocols.hj212.packet import Packet

_VERSION_BITS = 0xFC


def acknowledge(packet: Packet) -> Packet:
    """The 9014 (data) or 9013 (notice) for a packet; each part of a split message gets its own.

    QN, PW, MN, the version bits and the CRC rule are the packet's; an answer wants no answer.

    :raises ValueError: the packet is an answer itself.
    """
    answer = command(packet.cn).answered_by
    if answer is None:
        raise ValueError(f"CN {packet.cn} is an answer and is not answered")
    return _answer(packet, answer, ())


def answer_request(packet: Packet, result: QnRtn = QnRtn.READY) -> Packet:
    """The 9011 that a station sends when a request came."""
    return _answer(packet, "9011", ((("QnRtn", str(int(result))),),))


def execution_result(packet: Packet, result: ExeRtn = ExeRtn.SUCCESS) -> Packet:
    """The 9012 that a station sends when a request was carried out."""
    return _answer(packet, "9012", ((("ExeRtn", str(int(result))),),))


def _answer(packet: Packet, cn: str, groups: tuple[Group, ...]) -> Packet:
    return Packet(
        qn=packet.qn,
        st=INTERACTION,
        cn=cn,
        pw=packet.pw,
        mn=packet.mn,
        flag=(packet.flag or 0) & _VERSION_BITS,
        groups=groups,
        crc=packet.crc,
    )
