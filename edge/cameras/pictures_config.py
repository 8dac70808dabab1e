"""``[pictures]``: where the cameras' pictures go, and how much of them is kept until then."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from edge.cameras.urls import asked
from edge.section import PlacedPath, Section

HttpUrl = Annotated[str, Field(pattern=r"^https?://[!-?A-~]+$", max_length=1000), AfterValidator(asked)]
"""Without user name: that has keys of its own."""
_MIB = 1 << 20


class Pictures(Section):
    """``[pictures]``: where pictures go, and how much of them is kept here until then."""

    url: HttpUrl | None = None
    """The cloud's address, ``https://host:port``; None: pictures are kept and never sent."""
    ca_file: PlacedPath | None = None
    """PEM; with https, instead of the system's certificates."""
    max_bytes: Annotated[int, Field(ge=_MIB)] = 256 * _MIB
    """Beyond, the oldest go first: those that nobody wants before those that wait to be sent."""
    max_age_h: Annotated[float, Field(gt=0, le=24 * 366)] = 168.0
    """Older pictures are deleted, sent or not."""
    piece_bytes: Annotated[int, Field(ge=1024, le=_MIB)] = 65_536
    rate_bytes_per_s: Annotated[int, Field(ge=256)] = 65_536
    """On average, while pictures are sent."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """For each piece."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.ca_file is not None and not (self.url or "").startswith("https:"):
            raise ValueError("ca_file goes with a url of https://")
        return self
