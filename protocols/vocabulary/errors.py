"""The error tree: a decision table for whoever catches."""


class YingzhouError(Exception):
    """Root of everything this house raises on purpose."""


class ProtocolError(YingzhouError):
    """The bytes are not what the wire format allows: drop the frame, count it, go on with the next.

    :param message: one line that says what was found and what would have been right.
    :param raw: the offending bytes, as far as they are known; carried into quarantine.
    """

    def __init__(self, message: str, raw: bytes = b"") -> None:
        super().__init__(message)
        self.raw = raw


class FrameTooLong(ProtocolError):
    """A frame announces or reaches more than the decoder's MAX_FRAME."""


class LinkDown(YingzhouError):
    """The other end cannot be reached: reconnect with back-off."""


class DeviceRefused(YingzhouError):
    """The device answered and said no: mark the quality, ask the next one."""


class IdentityError(YingzhouError, ValueError):
    """A text is not an identifier of the kind that was expected; the message names what is wrong."""


class ConfigError(YingzhouError):
    """The configuration is wrong: exit 2. The message names file, line, key and value."""
