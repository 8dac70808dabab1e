"""`/api/v1/installations`: many neurons, each with the twin that it watches, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Connection

from cloud.api import neurons, twins
from cloud.api.bodies import Body, Time, TwinText
from cloud.api.context import Context
from cloud.api.gatekeeper import Writer
from cloud.api.neurons import NewNeuron
from cloud.api.problems import Problem, wrong_field
from cloud.api.times import parse_time
from cloud.api.twins import NewTwin
from cloud.registry import bindings
from cloud.registry import twins as registered_twins
from cloud.registry.access import Principal
from cloud.registry.errors import NotFound, RegistryError
from protocols.vocabulary import TwinId

router: Final = APIRouter(prefix="/api/v1/installations", tags=["neurons"])
MOST: Final = 1000
"""In one request: as long as it is entered, nobody else writes to the registry."""


class Installation(Body):
    """A neuron, and what it watches: a twin that is entered with it, one that is there already, or nothing."""

    neuron: NewNeuron
    twin: NewTwin | None = None
    watches: Annotated[TwinText | None, Field(description="a twin that is there already")] = None
    from_: Annotated[Time | None, Field(alias="from", description="since when it watches; now when left out")] = None

    @model_validator(mode="after")
    def _one_twin(self) -> Self:
        if self.twin is not None and self.watches is not None:
            raise ValueError("expected either twin or watches")
        return self


class Installations(Body):
    """What is to be entered."""

    items: Annotated[list[Installation], Field(min_length=1, max_length=MOST)]


class MadeInstallation(BaseModel):
    """Under which identifiers it was entered."""

    neuron: str
    twin: str | None


class MadeInstallations(BaseModel):
    """In the order of the request."""

    items: list[MadeInstallation]


@router.post("", status_code=201)
def register_installations(context: Context, who: Writer, body: Installations) -> MadeInstallations:
    """Enter neurons with their twins and bindings, up to 1,000 at once: all of them or, when one is refused, none."""
    now_ms = context.clock.now_ms()
    made = []
    with context.database.begin() as tx:
        for place, one in enumerate(body.items):
            made.append(_enter(tx, who, one, f"items/{place}", now_ms))
    return MadeInstallations(items=made)


def _enter(tx: Connection, who: Principal, one: Installation, where: str, now_ms: int) -> MadeInstallation:
    with _pointed(f"{where}/neuron"):
        neuron = neurons.enter(tx, who, one.neuron, now_ms)
    twin = None if one.watches is None else TwinId.parse(one.watches)
    if one.twin is not None:
        with _pointed(f"{where}/twin"):
            twin = twins.enter(tx, who, one.twin, now_ms).id
    elif twin is not None:
        try:
            registered_twins.get(tx, twin, who.towns)
        except NotFound as error:
            raise wrong_field(f"{where}/watches", str(error)) from None
    if twin is not None:
        bindings.bind(tx, neuron.id, twin, now_ms if one.from_ is None else parse_time(one.from_))
    return MadeInstallation(neuron=neuron.id, twin=None if twin is None else str(twin))


@contextmanager
def _pointed(where: str) -> Iterator[None]:
    """What is refused points into the part of the body at ``where``."""
    try:
        yield
    except RegistryError as error:
        error.field = f"{where}/{error.field}".rstrip("/")
        raise
    except Problem as error:
        told = [{**one, "pointer": f"#/{where}{one['pointer'].removeprefix('#')}"} for one in error.errors]
        raise Problem(error.status, error.detail, told or [{"detail": error.detail, "pointer": f"#/{where}"}]) from None
