"""The files of keys and passwords that a configuration names: there, readable, and nobody else's business."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from edge.config import MAX_CONFIG, EdgeConfig, secret
from protocols.vocabulary import ConfigError
from protocols.vocabulary.config_file import ConfigFile, Fault

Keys = tuple[str | int, ...]


def check_secrets(path: Path, config: EdgeConfig) -> None:
    """Open every one of them, as the agent does when it starts.

    :param path: the configuration's file, whose lines the faults are told with.
    :raises ConfigError: one line per fault.
    """
    faults = [Fault(keys, {}, problem) for keys, file in _files(config) if (problem := _problem(file))]
    if faults:
        raise ConfigFile.read(path, MAX_CONFIG).refuse(faults)


def _files(section: BaseModel, keys: Keys = ()) -> Iterator[tuple[Keys, Path]]:
    """Every path whose key says that a password or a key is in it, in whatever section it stands."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Path) and name.endswith(("password_file", "key_file")):
            yield (*keys, name), value
        elif isinstance(value, BaseModel):
            yield from _files(value, (*keys, name))
        elif isinstance(value, tuple):
            for at, one in enumerate(value):
                if isinstance(one, BaseModel):
                    yield from _files(one, (*keys, name, at))


def _problem(file: Path) -> str:
    try:
        secret(file)
    except ConfigError as error:
        return str(error)
    return ""
