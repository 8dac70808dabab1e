"""Which configuration is in force, which one is tried, what became of others: the old or the new, never neither."""

import json
import zlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge.spool.files import FileOps, summed, unsummed
from protocols import strict_json
from protocols.uplink import Configuration, Result
from protocols.vocabulary import ProtocolError

MAX_STARTS: Final = 3
"""A configuration on trial that was started so often and has not proved itself goes."""
MAX_ENDS: Final = 20
"""Results kept, to be told again."""
_STATE: Final = "state.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One configuration file beside the state."""

    id: str
    version: int
    checksum: int
    """CRC-32 of its text."""
    warning: str = ""
    """What is told with the result, although it was right: which links it takes away."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the state file says."""

    good: Kept | None = None
    """In force, and proved; None: the gateway's own file alone."""
    trial: Kept | None = None
    """In force, and not proved yet."""
    starts: int = 0
    """How often the one on trial was started."""
    highest: int = -1
    """The highest version that came."""
    ends: tuple[Result, ...] = ()
    untold: tuple[str, ...] = field(default=())
    """Of these the event is not on its way yet."""

    def end(self, result: Result) -> "Standing":
        """With one more result, untold."""
        ends = (*self.ends, result)[-MAX_ENDS:]
        return replace(
            self,
            highest=max(self.highest, result.version),
            ends=ends,
            untold=(*self.untold, result.id)[-MAX_ENDS:],
        )


class ConfigStore:
    """Call ``load`` first; every change is on disk when it returns. All of it blocks."""

    def __init__(self, directory: Path, files: FileOps | None = None) -> None:
        self.standing = Standing()
        self.damaged = False
        """The state could not be read: only the gateway's own file counts."""
        self._directory = directory
        self._files = files or FileOps()

    def load(self) -> None:
        """Read the state; what is damaged or not there counts as nothing.

        :raises OSError: the disk cannot be read.
        """
        try:
            data = self._files.read(self._directory / _STATE)
        except FileNotFoundError:
            return
        try:
            self.standing = _unpacked(data)
        except ProtocolError:
            self.damaged = True

    def begin(self) -> Kept | None:
        """The configuration to start with; counts the start of one on trial, and rolls back when there were too many.

        :raises OSError: the disk refused.
        """
        standing = self.standing
        if standing.trial is None:
            return standing.good
        if standing.starts >= MAX_STARTS:
            self.roll_back(f"started {standing.starts} times and never proved itself", None)
            return self.standing.good
        self._keep(replace(standing, starts=standing.starts + 1))
        return standing.trial

    def text(self, kept: Kept) -> str | None:
        """A configuration's text; None: it is not what was written, or gone.

        :raises OSError: the disk does not give it now, which says nothing of the file.
        """
        try:
            data = self._files.read(self._path(kept))
        except FileNotFoundError:
            return None
        return data.decode() if zlib.crc32(data) == kept.checksum else None

    def adopt(self, one: Configuration, now_ms: int, warning: str = "") -> None:
        """Put a configuration on trial: the next start tries it. One that is on trial already has to go."""
        data = one.toml.encode()
        kept = Kept(one.id, one.version, zlib.crc32(data), warning)
        self._files.make_directory(self._directory)
        self._files.replace(self._path(kept), data)
        standing = self.standing
        if standing.trial is not None:
            reason = f"version {one.version} came before it had proved itself"
            standing = standing.end(_result(standing.trial, "rolled_back", now_ms, reason))
        self._keep(replace(standing, trial=kept, starts=0, highest=max(standing.highest, one.version)))

    def confirm(self, now_ms: int) -> None:
        """The one on trial has proved itself."""
        standing = self.standing
        if standing.trial is not None:
            told = standing.end(_result(standing.trial, "applied", now_ms, standing.trial.warning))
            self._keep(replace(told, good=standing.trial, trial=None, starts=0))

    def roll_back(self, reason: str, now_ms: int | None) -> None:
        """The one on trial goes; the next start has what was in force before.

        :param now_ms: None: nobody knows the time yet.
        """
        standing = self.standing
        if standing.trial is not None:
            told = standing.end(_result(standing.trial, "rolled_back", now_ms or 0, reason))
            self._keep(replace(told, trial=None, starts=0))

    def drop_good(self) -> None:
        """What was in force cannot be read any more."""
        self._keep(replace(self.standing, good=None))

    def refuse(self, one: Configuration, reason: str, now_ms: int) -> Result:
        """Nothing changes; the result is kept."""
        result = Result(one.id, one.version, "refused", now_ms, reason=reason)
        self._keep(self.standing.end(result))
        return result

    def told(self, name: str) -> None:
        """The event of a result is on its way."""
        self._keep(replace(self.standing, untold=tuple(one for one in self.standing.untold if one != name)))

    def _path(self, kept: Kept) -> Path:
        return self._directory / f"{kept.version}.toml"

    def _keep(self, standing: Standing) -> None:
        self._files.make_directory(self._directory)
        self._files.replace(self._directory / _STATE, _packed(standing))
        self.standing = standing
        wanted = {self._path(one).name for one in (standing.good, standing.trial) if one is not None}
        for path in self._files.list(self._directory, ".toml"):
            if path.name not in wanted:
                self._files.unlink(path)


def _result(kept: Kept, state: Any, now_ms: int, reason: str = "") -> Result:
    return Result(kept.id, kept.version, state, now_ms, reason=reason)


def _packed(standing: Standing) -> bytes:
    told = asdict(standing) | {"ends": [one.body() for one in standing.ends]}
    return summed(json.dumps(told).encode())


def _unpacked(data: bytes) -> Standing:
    """As it was kept.

    :raises ProtocolError: altered, torn, or of another kind.
    """
    text = unsummed(data)
    if text is None:
        raise ProtocolError("state of the configuration: the checksum is wrong")
    match strict_json.loads(text, "state of the configuration"):
        case {
            "good": good,
            "trial": trial,
            "starts": int(starts),
            "highest": int(highest),
            "ends": list(ends),
            "untold": list(untold),
        }:
            told = tuple(Result.of(one) for one in ends)
            return Standing(_kept(good), _kept(trial), starts, highest, told, tuple(map(str, untold)))
    raise ProtocolError("state of the configuration: of another kind")


def _kept(told: Any) -> Kept | None:
    match told:
        case {"id": str(name), "version": int(version), "checksum": int(checksum)}:
            return Kept(name, version, checksum, str(told.get("warning", "")))
    return None
