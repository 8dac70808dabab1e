"""How every long-lived command runs: uvloop, clean end on SIGTERM and SIGINT, plain log lines."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

import uvloop

PARENT: Final = "YINGZHOU_PARENT"
"""Environment: the process number of who started us and wants us to end with it, even when it is killed."""
_PR_SET_PDEATHSIG: Final = 1


def run_until_stopped(main: Coroutine[Any, Any, None], *, verbose: bool = False) -> int:
    """Run ``main`` until it ends by itself or a signal asks it to; then it is cancelled and may clean up. Exit code 0.

    :raises Exception: what ``main`` raised; of a group with one member, the member.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    _end_with_parent()
    for noisy in ("pymodbus", "coap", "mqtt", "httpx", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("coap-server").setLevel(
        logging.ERROR
    )  # it warns of each datagram that is no CoAP: any stranger's
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_guarded(main))
    except BaseExceptionGroup as group:
        raise _only(group) from group
    return 0


def _end_with_parent() -> None:
    parent = os.environ.get(PARENT)
    if parent is None:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it went before we asked
        os.kill(os.getpid(), signal.SIGTERM)


async def _guarded(main: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - we are in one
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await main
    except asyncio.CancelledError:
        if not stopped:
            raise


def _only(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup) and len(first.exceptions) == 1:
        first = first.exceptions[0]
    return first
