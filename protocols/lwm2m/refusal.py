"""A request that is answered with an error."""

from protocols.vocabulary.errors import ProtocolError


class Refused(ProtocolError):
    """The request is not granted; the message goes into the answer's diagnostic payload.

    :param code: the answer's CoAP code, such as ``4.00``.
    """

    def __init__(self, code: str, message: str, raw: bytes = b"") -> None:
        super().__init__(message, raw)
        self.code = code
