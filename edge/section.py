"""What every section of the edge agent's configuration is, and the words that several sections use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from protocols.vocabulary import HardwareId, NeuronId

Keys = tuple[str | int, ...]
"""Where something stands in a file: ``("link", 0, "port")``."""

LinkName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,48}$")]


class Section(BaseModel):
    """What every section is: strict, frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class LinkSection(Section):
    """What every ``[[link]]`` has."""

    kind: str
    name: LinkName


def values(section: BaseModel, keys: Keys = ()) -> Iterator[tuple[Keys, object]]:
    """Every key of a section and of those in it, in whatever lists they stand, with its value."""
    for name in type(section).model_fields:
        yield from _values(getattr(section, name), (*keys, name))


def _values(value: object, keys: Keys) -> Iterator[tuple[Keys, object]]:
    if isinstance(value, BaseModel):
        yield from values(value, keys)
    elif isinstance(value, tuple):
        for at, one in enumerate(value):
            yield from _values(one, (*keys, at))
    else:
        yield keys, value


def _source(text: str) -> str:
    if text.startswith("nrn-"):
        NeuronId.parse(text)
    else:
        HardwareId.parse(text)
    return text


def _placed(path: Path, info: ValidationInfo) -> Path:
    """A relative path counts from the folder of the configuration file."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path


PlacedPath = Annotated[Path, AfterValidator(_placed)]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$")]
Port = Annotated[int, Field(ge=0, le=65_535)]
"""0: the system's choice."""
Source = Annotated[str, AfterValidator(_source)]
"""A neuron identifier, or a hardware identity ``scheme:value`` that the cloud's registry resolves."""
Seconds = Annotated[float, Field(gt=0, le=604_800)]
Observed = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Channel = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,32}$")]
