"""`/api/v1/neurons/{id}/metrics`: what a device calls its series, where that is not our name for them."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from cloud.api.bodies import Body, Property
from cloud.api.context import Context
from cloud.api.gatekeeper import Reader, Writer
from cloud.ingest.doors.units import scale
from cloud.registry import discovered, metric_names, neurons
from cloud.registry.datastreams import Series
from cloud.registry.metric_names import MetricName
from protocols.vocabulary import series_name

router: Final = APIRouter(prefix="/api/v1/neurons", tags=["neurons"])


class Meaning(Body):
    """What a name means: an observed property of ours, and the unit in which the device writes it."""

    property: Property
    unit: Annotated[str, Field(min_length=1, max_length=32, description="UCUM or SenML")] | None = None

    @model_validator(mode="after")
    def _convertible(self) -> "Meaning":
        ours = self.property.series().unit
        if scale(self.unit, ours) is None:
            raise ValueError(f"no way from {self.unit} to {ours}")
        return self


MetricText = Annotated[str, Field(min_length=1, max_length=200)]
Metrics = Annotated[dict[MetricText, Meaning | Property | None], Field(max_length=metric_names.MOST)]
"""Name -> meaning; null: what comes under it is not wanted."""


class MetricsBody(Body):
    """All the names of a neuron's metrics."""

    metrics: Metrics


class MetricAnswer(BaseModel):
    """A name and what it means."""

    name: str
    property: str | None
    """Null: what comes under that name is not wanted."""
    unit: str | None
    """In which the device writes it; null: as it says itself, or in the datastream's."""


class MetricsAnswer(BaseModel):
    """All the names of a neuron's metrics."""

    metrics: list[MetricAnswer]


class ReplayedAnswer(BaseModel):
    """What became of what had waited in quarantine."""

    messages: int
    stored: int
    duplicates: int
    refused: int


@router.get("/{neuron}/metrics")
def show_metrics(context: Context, who: Reader, neuron: str) -> MetricsAnswer:
    """What the device's own names mean; names that are observed properties of ours need no entry."""
    with context.database.read() as tx:
        found = metric_names.of_neuron(tx, neurons.get(tx, neuron, who.towns).id)
    return MetricsAnswer(metrics=[form(one) for one in found])


@router.put("/{neuron}/metrics")
def write_metrics(context: Context, who: Writer, neuron: str, body: MetricsBody) -> MetricsAnswer:
    """Write all of them anew; datastreams are made for properties that the neuron did not observe."""
    series, names = series_and_names(body.metrics)
    with context.database.begin() as tx:
        known = neurons.get(tx, neuron, who.towns)
        neurons.amend(tx, known, series, context.clock.now_ms())
        metric_names.clear(tx, known.id)
        metric_names.write(tx, known.id, names)
        found = metric_names.of_neuron(tx, known.id)
    return MetricsAnswer(metrics=[form(one) for one in found])


@router.post("/{neuron}/replay")
def replay_neuron(context: Context, who: Writer, neuron: str) -> ReplayedAnswer:
    """Store what has waited in quarantine for the neuron, its identities or its metrics to be known."""
    with context.database.read() as tx:
        known = neurons.get(tx, neuron, who.towns)
    return replayed(context, [known.id, *(str(identity) for identity in known.hardware)])


def series_and_names(metrics: Metrics) -> tuple[list[Series], list[tuple[str, str | None, str | None]]]:
    """The datastreams that the meanings need, and the names as the registry takes them."""
    series: list[Series] = []
    names: list[tuple[str, str | None, str | None]] = []
    for name, meaning in metrics.items():
        if meaning is None:
            names.append((name, None, None))
            continue
        told = meaning.unit if isinstance(meaning, Meaning) else None
        made = (meaning.property if isinstance(meaning, Meaning) else meaning).series()
        series.append(made)
        names.append((name, series_name(made.observed, made.channel), told))
    return series, names


def form(one: MetricName) -> MetricAnswer:
    """As it goes out."""
    return MetricAnswer(name=one.name, property=one.series or None, unit=one.unit)


def replayed(context: Context, subjects: Sequence[str]) -> ReplayedAnswer:
    """Try again what waits of some devices; what still has no place is discovered anew."""
    with context.database.begin() as tx:
        discovered.forget(tx, subjects)
    return ReplayedAnswer(**context.replay_waiting(subjects)._asdict())
