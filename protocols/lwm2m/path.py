"""Paths of objects, instances, resources and resource instances: LwM2M's data model."""

import re
from typing import Final, NamedTuple

from protocols.vocabulary.errors import ProtocolError

MAX_ID: Final = 65_534
"""65535 is reserved; a missing object link points there."""
NO_ID: Final = 65_535

_FORM: Final = re.compile(r"/?(?:([0-9]{1,5}(?:/[0-9]{1,5}){0,3})/?)?", re.ASCII)


class Path(NamedTuple):
    """``/3303/0/5700`` as numbers; what is None is not in the path, and nothing follows it."""

    object_id: int | None = None
    instance_id: int | None = None
    resource_id: int | None = None
    resource_instance_id: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Path":
        """Read a path of at most four numbers; the first slash may be missing. ``/`` is the root.

        :raises ProtocolError: anything else, or a number above 65534.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ProtocolError(f"path {text!r:.60}: expected /object/instance/resource/resource instance as numbers")
        numbers = [int(part) for part in match[1].split("/")] if match[1] else []
        if max(numbers, default=0) > MAX_ID:
            raise ProtocolError(f"path {text!r:.60}: {max(numbers)} is above {MAX_ID}")
        return cls(*numbers)

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers that are there."""
        return tuple([number for number in self if number is not None])

    def __str__(self) -> str:
        return "/" + "/".join(map(str, self.ids))


class ObjectLink(NamedTuple):
    """A value that names an instance of an object; both numbers are 65535 when it names none."""

    object_id: int
    instance_id: int

    def __str__(self) -> str:
        return f"{self.object_id}:{self.instance_id}"
