"""What every section of the edge agent's configuration is, and the words that several sections use."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

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


LinkName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,48}$")]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$")]
Port = Annotated[int, Field(ge=0, le=65_535)]
"""0: the system's choice."""
Source = Annotated[str, AfterValidator(_source)]
"""A neuron identifier, or a hardware identity ``scheme:value`` that the cloud's registry resolves."""
Seconds = Annotated[float, Field(gt=0, le=604_800)]
Observed = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Channel = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,32}$")]
