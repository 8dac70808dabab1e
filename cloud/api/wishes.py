"""What is asked for when something is to be commanded: values, until when, and for which twins or neurons."""

from math import isfinite
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from cloud.api.bodies import Body, Kind, TownCode, TwinText
from cloud.api.problems import wrong_field
from cloud.api.times import parse_time
from protocols.uplink.command import MAX_ITEMS
from protocols.vocabulary import OBSERVED_PROPERTIES, NeuronId, Point

LONGEST_S: Final = 604_800
"""A week: no command waits longer for its gateway."""
MOST_TOGETHER: Final = 10_000
"""Twins or neurons of one group."""
_A_NEURON: Final = "nrn-00000000y"  # any well-formed one: to check the rest of a datastream key


def _desired(values: dict[str, float]) -> dict[str, float]:
    for series, value in values.items():
        point = Point.parse(f"{_A_NEURON}/{series}")
        if not isfinite(value):
            raise ValueError(f"{series}: expected a finite number")
        known = OBSERVED_PROPERTIES.get(point.observed)
        if known is not None and not known.low <= value <= known.high:
            raise ValueError(f"{series}: {value:g}: expected {known.low:g} to {known.high:g} {known.unit}")
    return values


def _neuron(text: str) -> str:
    NeuronId.parse(text)
    return text


Desired = Annotated[
    dict[str, float],
    Field(min_length=1, max_length=MAX_ITEMS, description="`lamp_level` or `lamp_level/2` -> value in its unit"),
    AfterValidator(_desired),
]
Expires = Annotated[
    str | float | None,
    Field(description="RFC 3339, or seconds from when it is sent; the configuration's when left out"),
]


class Wish(Body):
    """An absolute state that is wanted, not a step."""

    desired: Desired
    expires: Expires = None
    version: Annotated[int, Field(ge=0, lt=2**62)] | None = None
    """Must be higher than the last one of the same neuron; minted when left out."""


class Where(Body):
    """All twins of a kind, of a town, or both."""

    kind: Kind | None = None
    town: TownCode | None = None

    @model_validator(mode="after")
    def _narrow(self) -> Self:
        if self.kind is None and self.town is None:
            raise ValueError("expected kind, town or both")
        return self


class GroupWish(Body):
    """The same for many: twins, neurons, or all twins of a kind and town; sent one after the other."""

    desired: Desired
    expires: Expires = None
    twins: Annotated[list[TwinText], Field(min_length=1, max_length=MOST_TOGETHER)] | None = None
    neurons: (
        Annotated[list[Annotated[str, AfterValidator(_neuron)]], Field(min_length=1, max_length=MOST_TOGETHER)] | None
    ) = None
    where: Where | None = None
    per_s: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """How many go out each second; the configuration's when left out."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(one is not None for one in (self.twins, self.neurons, self.where)) != 1:
            raise ValueError("expected one of twins, neurons and where")
        return self


def expiry_ms(expires: str | float | None, due_ms: int, default_s: int, now_ms: int) -> int:
    """Until when a command that goes out at ``due_ms`` may be carried out.

    :raises Problem: it is over before it goes out, more than a week away, or no time.
    """
    if expires is None:
        return due_ms + default_s * 1000
    if isinstance(expires, str):
        try:
            at_ms = parse_time(expires)
        except ValueError as error:
            raise wrong_field("expires", str(error)) from None
    else:
        if not 0 < expires <= LONGEST_S:
            raise wrong_field("expires", f"{expires:g}: expected more than 0 and at most {LONGEST_S} seconds")
        at_ms = due_ms + round(expires * 1000)
    if at_ms <= due_ms:
        late = "this is over already" if due_ms <= now_ms else "this is over before the last of them goes out"
        raise wrong_field("expires", late)
    if at_ms > due_ms + LONGEST_S * 1000:
        raise wrong_field("expires", "expected at most a week from now")
    return at_ms
