"""Requests taken apart and answered: blocks put together, diagnostics cut to size, readings kept before the answer."""

import asyncio
from collections import Counter
from typing import Any, Final

import aiocoap
from aiocoap.numbers import codes
from aiocoap.numbers.optionnumbers import OptionNumber

from edge.coap.network import network_of
from edge.coap.secured import SecuredRemote
from edge.intake import Intake
from edge.links.coap_blocks import BlockGap, Blocks, TooLarge
from protocols.vocabulary import Batch, Reading

MAX_DIAGNOSTIC: Final = 200
_NOT_IN_THE_KEY: Final = [OptionNumber.BLOCK1, OptionNumber.BLOCK2, OptionNumber.OBSERVE]


def whole(request: Any, blocks: Blocks, counters: Counter[str]) -> Any:
    """The whole payload; or the answer, while blocks are missing or when there are too many bytes."""
    block = request.opt.block1
    try:
        if block is None:
            return blocks.whole(request.payload)
        key = (request.remote.blockwise_key, request.code, request.get_cache_key(_NOT_IN_THE_KEY))
        payload = blocks.add(key, block.start, request.payload, more=block.more, sender=_sender(request.remote))
    except TooLarge:
        counters["too_large"] += 1
        return aiocoap.Message(code=codes.REQUEST_ENTITY_TOO_LARGE, size1=blocks.limit)
    except BlockGap:
        return answer(codes.REQUEST_ENTITY_INCOMPLETE, request, "")
    return answer(codes.CONTINUE, request, "") if payload is None else payload


def _sender(remote: Any) -> str:
    """A device that has proved who it is, or a network of whoever."""
    return f"oscore {remote.name}" if isinstance(remote, SecuredRemote) else network_of(remote.sockaddr[0])


async def kept(readings: list[Reading], intake: Intake, counters: Counter[str]) -> bool:
    """Hand over, and wait until they are on disk."""
    taken = intake.put(Batch.of(readings))
    await asyncio.wait([taken])  # unlike await, being cancelled here leaves the intake's future alone
    if taken.cancelled() or taken.exception() is not None:
        counters["not_kept"] += 1
        return False
    return True


def answer(code: Any, request: Any, diagnostic: str) -> Any:
    """An answer with a diagnostic payload (RFC 7252 §5.5.2) that echoes the block it belongs to."""
    text = diagnostic.encode()[:MAX_DIAGNOSTIC].decode(errors="ignore").encode()
    return aiocoap.Message(code=code, payload=text, block1=request.opt.block1)
