"""Cameras that are asked for snapshots; what is seen becomes readings and events, and little of it a picture."""

import asyncio
from functools import partial
from typing import Final

from edge.cameras.album import Album
from edge.cameras.analyst import Analyst, Study
from edge.cameras.config import Camera, CameraLinkConfig
from edge.cameras.http import BadAnswer
from edge.cameras.snapshot import SnapshotSource
from edge.intake import EventSink, Intake
from edge.links.cadence import Breaker, Cadence, phase_of
from edge.links.link import DeviceRecord, LinkStatus
from protocols.vocabulary import Batch, Clock, Event, LinkDown, Point, ProtocolError, Quality, Reading, SystemClock
from protocols.vocabulary.event import Scalar

PICTURE_WANTED: Final = "picture_wanted"
"""What a camera can be brought to: ms UTC of which there shall be a picture."""
LOCKOUT_S: Final = 600.0
"""A camera that does not know us is left alone for so long: many lock an account after five wrong tries."""


class _Eye:
    """One camera."""

    def __init__(self, camera: Camera, clock: Clock) -> None:
        self.camera = camera
        self.record = DeviceRecord(camera.neuron)
        self.source = SnapshotSource(camera)
        self.analyst = Analyst(camera)
        self.breaker = Breaker(camera.period_s)
        self.cadence = Cadence(clock.monotonic_s(), camera.period_s, phase_of(camera.neuron))
        self.wake = asyncio.Event()
        self.asked: asyncio.Future[None] | None = None
        """Done when the next picture is on its way."""
        self.wanted_ms = 0.0
        self.trouble = ""
        """Why there was no picture last; of interest while it is silent."""


class CameraLink:
    """Cameras, each on its own cadence; pictures are looked at one at a time.

    :raises ModuleNotFoundError: when imported without the packages of ``yingzhou[camera]``.
    """

    def __init__(self, config: CameraLinkConfig, clock: Clock | None = None) -> None:
        self.name = config.name
        self._clock = clock or SystemClock()
        self._eyes = {camera.neuron: _Eye(camera, self._clock) for camera in config.device}
        self._turn = asyncio.Lock()
        self._album: Album | None = None
        self._notes: EventSink | None = None

    def equip(self, album: Album, notes: EventSink) -> None:
        """Where pictures and events go; without, there are readings only."""
        self._album = album
        self._notes = notes

    async def run(self, intake: Intake) -> None:
        """See :class:`edge.links.link.Link`.

        :raises ConfigError: a password or a certificate cannot be read.
        """
        async with asyncio.TaskGroup() as group:
            for eye in self._eyes.values():
                eye.source.open()
            for eye in self._eyes.values():
                eye.cadence = Cadence(self._clock.monotonic_s(), eye.camera.period_s, phase_of(eye.camera.neuron))
                group.create_task(self._tick(eye))
                group.create_task(self._watch(eye, intake))

    async def _tick(self, eye: _Eye) -> None:
        """Wake the eye whenever its time has come."""
        while True:
            now_s = self._clock.monotonic_s()
            if now_s < eye.cadence.due_s:
                await self._clock.sleep(eye.cadence.due_s - now_s)
                continue  # it may have been put off meanwhile
            if eye.wake.is_set():
                eye.record.errors["missed_tick"] += 1
            eye.wake.set()
            eye.cadence.advance(now_s)

    async def _watch(self, eye: _Eye, intake: Intake) -> None:
        while True:
            await eye.wake.wait()
            eye.wake.clear()
            asked, eye.asked = eye.asked, None
            try:
                await self._look(eye, intake, asked)
            finally:
                if asked is not None and not asked.done():
                    asked.set_exception(LinkDown(f"{eye.camera.neuron}: no picture"))
                    asked.exception()  # who asked may have gone

    async def _look(self, eye: _Eye, intake: Intake, asked: "asyncio.Future[None] | None") -> None:
        """Ask for one picture, and hand over what is in it."""
        began_s = self._clock.monotonic_s()
        try:
            jpeg = await eye.source.fetch()
            time_ms, answer_s = self._clock.now_ms(), self._clock.monotonic_s() - began_s
            study = await self._study(eye, jpeg, began_s, asked=asked is not None)
        except LinkDown as error:
            self._missed(eye, "silence", error)
        except BadAnswer as error:
            self._missed(eye, error.kind, error)
        except ProtocolError as error:
            self._missed(eye, "not_a_picture", error)
        else:
            eye.breaker.answer()
            eye.record.heard(time_ms, len(study.values), answer_s)
            await self._hand_over(eye, study, time_ms, intake)
            if asked is not None and not asked.done():
                asked.set_result(None)

    async def _study(self, eye: _Eye, jpeg: bytes, now_s: float, *, asked: bool) -> Study:
        """In a thread: it takes longer than a poller beside it may wait."""
        work = partial(eye.analyst.study, jpeg, now_s, asked=asked)
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(None, work)

    def _missed(self, eye: _Eye, kind: str, error: Exception) -> None:
        eye.trouble = str(error)
        eye.record.errors[kind] += 1
        eye.record.state = "silent"
        pause_s = eye.breaker.silence()
        if kind == "unauthorized":
            pause_s = max(pause_s, LOCKOUT_S)
        eye.cadence.suspend(self._clock.monotonic_s() + pause_s)

    async def _hand_over(self, eye: _Eye, study: Study, time_ms: int, intake: Intake) -> None:
        source = eye.camera.neuron
        readings = [
            Reading(Point(source, observed, channel), time_ms, value, Quality.NOT_EVALUATED)
            for (observed, channel), value in study.values.items()
        ]
        intake.put(Batch.of(readings)).add_done_callback(partial(self._not_kept, eye))
        for one in study.happenings:
            self._note(Event(source, one.kind, time_ms, one.data), eye)
        if study.picture is None or self._album is None:
            return
        kept = await self._album.add(source, time_ms, study.picture, study.occasions)
        if kept is None:
            eye.record.errors["picture_not_kept"] += 1
        elif study.occasions:
            width, height = study.size
            data: dict[str, Scalar] = {"sha256": kept.sha256, "bytes": kept.size, "width": width, "height": height}
            data["reason"] = ",".join(study.occasions)
            self._note(Event(source, "picture.taken", time_ms, data), eye)

    def _note(self, event: Event, eye: _Eye) -> None:
        if self._notes is not None:
            self._notes.note(event).add_done_callback(partial(self._not_kept, eye))

    def _not_kept(self, eye: _Eye, taken: "asyncio.Future[None]") -> None:
        """Count what the disk refused; the spool's own alarm says so."""
        if not taken.cancelled() and taken.exception() is not None:
            eye.record.errors["not_kept"] += 1

    async def ask(self, source: str) -> None:
        """Take a picture now, and send it.

        :raises LinkDown: the camera gives none.
        """
        eye = self._eyes[source]
        if eye.asked is None:
            eye.asked = asyncio.get_running_loop().create_future()
        eye.wake.set()
        await asyncio.shield(eye.asked)

    # -- what commands see of a camera (edge.commands: fit, write, read) --------------------------------------------

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        """The value itself, where it asks one of our cameras for a picture; None elsewhere."""
        return value if source in self._eyes and observed == PICTURE_WANTED and not channel and value >= 0 else None

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        """Send the kept picture nearest to that instant, or a new one when that is now or to come.

        :raises LinkDown: the camera gives none, or none is kept.
        """
        del observed, channel
        eye = self._eyes[source]
        if value < self._clock.now_ms() - eye.camera.period_s * 1000:
            if self._album is None or self._album.want_nearest(source, round(value)) is None:
                raise LinkDown(f"{source}: no picture is kept")
        else:
            await self.ask(source)
        eye.wanted_ms = value
        return value

    async def read(self, source: str, observed: str, channel: str) -> float:
        """What was asked for last."""
        del observed, channel
        return self._eyes[source].wanted_ms

    def status(self) -> LinkStatus:
        devices = tuple(eye.record.status(_notes(eye)) for eye in self._eyes.values())
        up = any(device.state == "up" for device in devices)
        troubles = (eye.trouble for eye in self._eyes.values() if eye.trouble)
        return LinkStatus(self.name, "camera", up, {}, devices, next(troubles, ""))


def _notes(eye: _Eye) -> tuple[str, ...]:
    again = eye.analyst.relearned
    return (f"scene learned anew {again} times",) if again else ()
