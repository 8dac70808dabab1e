"""A network camera that gives a JPEG picture to whoever asks with Digest authentication (RFC 7616; ONVIF Media §5.13).

It is told apart from a real one by what it shows: a drawn wetland, the same for the same seed and time.
"""

import asyncio
import hmac
import re
from collections import Counter, OrderedDict
from dataclasses import dataclass
from hashlib import md5, sha256
from io import BytesIO
from secrets import token_hex
from types import TracebackType
from typing import Final, Literal, Self

from PIL import Image

from protocols.vocabulary import Clock
from simulators.devices.wetland import Wetland

REALM: Final = "Wetland Camera"
MAX_HEAD: Final = 16_384
_HEAD_S: Final = 10.0
_MAX_NONCES: Final = 64
_PAIR: Final = re.compile(r'([a-z]+)=(?:"([^"]*)"|([^\s,]+))')
_COUNT: Final = re.compile(r"[0-9a-fA-F]{8}")
Algorithm = Literal["MD5", "SHA-256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """How one camera is set up."""

    host: str = "127.0.0.1"
    port: int = 0
    """0: the system chooses."""
    path: str = "/snapshot.jpg"
    username: str | None = None
    """None: it lets everybody in."""
    password: str = ""
    algorithms: tuple[Algorithm, ...] = ("MD5",)
    """Offered in this order, each in a header of its own."""
    nonce_uses: int = 100
    """So often may a nonce be used, before the camera calls it stale."""
    quality: int = 85


@dataclass(slots=True)
class _Nonce:
    uses: int = 0


class SnapshotCamera:
    """Open with ``async with``; then it answers."""

    def __init__(self, wetland: Wetland, settings: CameraSettings, clock: Clock) -> None:
        self.wetland = wetland
        self.settings = settings
        self.answered: Counter[int] = Counter()
        """HTTP status -> how often."""
        self._clock = clock
        self._nonces: OrderedDict[str, _Nonce] = OrderedDict()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.settings.host, self.settings.port, limit=MAX_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the camera is switched off")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Of the snapshot."""
        return f"http://{self.settings.host}:{self.port}{self.settings.path}"

    def snapshot(self) -> bytes:
        """The picture of now as a JPEG file."""
        file = BytesIO()
        Image.fromarray(self.wetland.draw(self._clock.now_ms())).save(file, "JPEG", quality=self.settings.quality)
        return file.getvalue()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on one connection."""
        try:
            async with asyncio.timeout(_HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
            status, headers, body = await self._answer(head.decode("latin-1"))
            self.answered[status] += 1
            lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}", f"Content-Length: {len(body)}", *headers]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            self.answered[0] += 1
        finally:
            writer.close()

    async def _answer(self, head: str) -> tuple[int, list[str], bytes]:
        request, *lines = head.split("\r\n")
        match request.split(" "):
            case ["GET", target, _]:
                pass
            case _:
                return 405, ["Allow: GET"], b""
        if target.partition("?")[0] != self.settings.path:
            return 404, [], b""
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if self.settings.username is not None:
            verdict = self._judged(headers.get("authorization", ""), target)
            if verdict != "right":
                return 401, self._challenges(stale=verdict == "stale"), b"401 Unauthorized"
        picture = await asyncio.get_running_loop().run_in_executor(None, self.snapshot)
        return 200, ["Content-Type: image/jpeg", "Cache-Control: no-store"], picture

    def _challenges(self, *, stale: bool) -> list[str]:
        nonce = token_hex(16)
        self._nonces[nonce] = _Nonce()
        while len(self._nonces) > _MAX_NONCES:
            self._nonces.popitem(last=False)
        return [
            f'WWW-Authenticate: Digest realm="{REALM}", qop="auth", algorithm={algorithm}, nonce="{nonce}", '
            f'opaque="5ccc069c403ebaf9f0171e9517f40e41", stale={"true" if stale else "false"}'
            for algorithm in self.settings.algorithms
        ]

    def _judged(self, authorization: str, target: str) -> Literal["right", "wrong", "stale"]:
        scheme, _, parameters = authorization.partition(" ")
        given = {name: quoted or plain for name, quoted, plain in _PAIR.findall(parameters)}
        nonce = self._nonces.get(given.get("nonce", ""))
        if scheme.lower() != "digest" or given.get("uri") != target or given.get("username") != self.settings.username:
            return "wrong"
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in self.settings.algorithms or given.get("qop") != "auth":
            return "wrong"
        if _COUNT.fullmatch(given.get("nc", "")) is None:
            return "wrong"
        if not hmac.compare_digest(self._expected(algorithm, given), given.get("response", "").lower()):
            return "wrong"
        count = int(given["nc"], 16)
        if nonce is None or count <= nonce.uses or count > self.settings.nonce_uses:
            return "stale"
        nonce.uses = count
        return "right"

    def _expected(self, algorithm: str, given: dict[str, str]) -> str:
        """RFC 7616 §3.4.1 with qop=auth."""

        def hashed(*parts: str) -> str:
            data = ":".join(parts).encode()
            return sha256(data).hexdigest() if algorithm == "SHA-256" else md5(data, usedforsecurity=False).hexdigest()

        secret = hashed(self.settings.username or "", REALM, self.settings.password)
        parts = (given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return hashed(secret, *parts, hashed("GET", given["uri"]))
