"""The answers of §6.6: 9011 to a request, 9012 its result, 9013 to a notice, 9014 to data.

The edition of 2005 put the QN that is answered into the content (``CP=&&QN=...;QnRtn=1&&``); since 2017 it is the
header's. Both are understood; ours are written as since 2017.
"""

from typing import Final, TypeVar

from protocols.hj212.commands import INTERACTION, ExeRtn, QnRtn, command
from protocols.hj212.content import Group
from protocols.hj212.packet import Packet

_VERSION_BITS: Final = 0xFC
_SPLIT: Final = 0x02


def acknowledge(packet: Packet) -> Packet:
    """The 9014 (data) or 9013 (notice) for a packet; each part of a split message gets its own.

    QN, PW, MN, PNUM, PNO, the version bits and the CRC rule are the packet's; an answer wants no answer.

    :raises ValueError: the packet is an answer itself.
    """
    answer = command(packet.cn, packet.version).answered_by
    if answer is None:
        raise ValueError(f"CN {packet.cn} is an answer and is not answered")
    return _answer(packet, answer, (), is_part=packet.pno is not None)


def answer_request(packet: Packet, result: QnRtn = QnRtn.READY) -> Packet:
    """The 9011 that a station sends when a request came."""
    return _answer(packet, "9011", ((("QnRtn", str(int(result))),),))


def execution_result(packet: Packet, result: ExeRtn = ExeRtn.SUCCESS) -> Packet:
    """The 9012 that a station sends when a request was carried out."""
    return _answer(packet, "9012", ((("ExeRtn", str(int(result))),),))


def answered_qn(answer: Packet) -> str | None:
    """The QN of what an answer answers, of either edition."""
    return answer.qn or answer.first("QN")


def qn_rtn(answer: Packet) -> QnRtn:
    """What a 9011 says; UNKNOWN for what no edition lists."""
    return _listed(QnRtn, answer.first("QnRtn"), QnRtn.UNKNOWN)


def exe_rtn(answer: Packet) -> ExeRtn:
    """What a 9012 says; FAILED for what no edition lists."""
    return _listed(ExeRtn, answer.first("ExeRtn"), ExeRtn.FAILED)


Code = TypeVar("Code", QnRtn, ExeRtn)


def _listed(codes: type[Code], text: str | None, otherwise: Code) -> Code:
    return next((code for code in codes if str(int(code)) == text), otherwise)


def _answer(packet: Packet, cn: str, groups: tuple[Group, ...], *, is_part: bool = False) -> Packet:
    return Packet(
        qn=packet.qn,
        st=INTERACTION,
        cn=cn,
        pw=packet.pw,
        mn=packet.mn,
        flag=(packet.flag or 0) & _VERSION_BITS | (_SPLIT if is_part else 0),
        pnum=packet.pnum if is_part else None,
        pno=packet.pno if is_part else None,
        groups=groups,
        crc=packet.crc,
    )
