"""A camera's snapshot by HTTP GET, with Digest or Basic authentication (ONVIF Media §5.13 GetSnapshotUri)."""

import secrets
from typing import Final

from edge.cameras.config import Camera
from edge.cameras.http import Answer, BadAnswer, Headers, Question, Server, exchange
from edge.config import secret
from protocols.http_digest import (
    Challenge,
    basic_authorization,
    best_digest,
    digest_authorization,
    parse_challenges,
)
from protocols.vocabulary import ProtocolError

_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})
_JPEG: Final = b"\xff\xd8\xff"
_MAX_COUNTER: Final = 1000
"""So often is a nonce used before another one is asked for."""


class SnapshotSource:
    """One camera's picture, as often as it is asked for."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._server: Server | None = None
        self._password = ""
        self._challenge: Challenge | None = None
        self._counter = 0

    def open(self) -> None:
        """Read certificates and password.

        :raises ConfigError: one of them cannot be read, or the password by too many.
        """
        self._server = Server.of(self._camera.url, self._camera.ca_file)
        if self._camera.password_file is not None:
            self._password = secret(self._camera.password_file)

    async def fetch(self) -> bytes:
        """The bytes of a JPEG picture, as far as its first bytes and its type tell.

        :raises LinkDown: the camera is not there, or too slow.
        :raises BadAnswer: it gives something else.
        """
        answer = await self._ask()
        if answer.status == 401 and self._learn(answer):
            answer = await self._ask()
        if answer.status == 401:
            self._challenge = None
            raise BadAnswer("unauthorized", "the camera does not take name and password")
        if answer.status != 200:
            raise BadAnswer(f"http_{answer.status}", f"the camera answers {answer.status}")
        kind = answer.header("content-type").partition(";")[0].strip().lower()
        if kind not in _TYPES:
            raise BadAnswer("content_type", f"{kind[:40]!r}: expected image/jpeg")
        if not answer.body.startswith(_JPEG):
            raise BadAnswer("not_a_picture", f"{answer.body[:8].hex()}: expected a JPEG picture")
        return answer.body

    async def _ask(self) -> Answer:
        camera, server = self._camera, self._server
        if server is None:
            raise RuntimeError("the source is not open")
        headers: Headers = [("Accept", "image/jpeg"), *self._authorization(server.base)]
        question = Question("GET", server.base, headers)
        return await exchange(server, question, timeout_s=camera.timeout_s, max_bytes=camera.max_bytes)

    def _authorization(self, target: str) -> Headers:
        name = self._camera.username
        if name is None:
            return []
        if self._camera.auth == "basic":
            return [("Authorization", basic_authorization(name, self._password))]
        if self._challenge is None or self._counter >= _MAX_COUNTER:
            return []
        self._counter += 1
        answer = digest_authorization(
            self._challenge, (name, self._password), ("GET", target), self._counter, secrets.token_hex(16)
        )
        return [("Authorization", answer)]

    def _learn(self, answer: Answer) -> bool:
        """Whether there is a challenge that we have not answered yet."""
        if self._camera.username is None or self._camera.auth == "basic":
            return False
        asked = self._challenge
        try:
            given = parse_challenges(value for name, value in answer.headers if name == "www-authenticate")
        except ProtocolError as error:
            raise BadAnswer("unauthorized", str(error)) from None
        self._challenge, self._counter = best_digest(given), 0
        if self._challenge is None:
            return False
        return asked is None or self._challenge.stale or self._challenge.parameters != asked.parameters
