"""What every section of the edge agent's configuration is, and the words that several sections use."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from protocols.vocabulary import HardwareId, NeuronId


class Section(BaseModel):
    """What every section is: strict, frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


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
LinkName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,48}$")]
Source = Annotated[str, AfterValidator(_source)]
"""A neuron identifier, or a hardware identity ``scheme:value`` that the cloud's registry resolves."""
Seconds = Annotated[float, Field(gt=0, le=604_800)]
Observed = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Channel = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,32}$")]
