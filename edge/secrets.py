"""The files of keys and passwords that a configuration names: there, readable, and nobody else's business."""

from collections.abc import Iterator
from pathlib import Path

from edge.config import MAX_CONFIG, EdgeConfig, secret
from edge.section import Keys, values
from protocols.vocabulary import ConfigError
from protocols.vocabulary.config_file import ConfigFile, Fault


def check_secrets(path: Path, config: EdgeConfig) -> None:
    """Open every one of them, as the agent does when it starts.

    :param path: the configuration's file, whose lines the faults are told with.
    :raises ConfigError: one line per fault.
    """
    faults = [Fault(keys, {}, problem) for keys, file in _files(config) if (problem := _problem(file))]
    if faults:
        raise ConfigFile.read(path, MAX_CONFIG).refuse(faults)


def _files(config: EdgeConfig) -> Iterator[tuple[Keys, Path]]:
    """Every path whose key says that a password or a key is in it, in whatever section it stands."""
    for keys, value in values(config):
        if isinstance(value, Path) and str(keys[-1]).endswith(("password_file", "key_file")):
            yield keys, value


def _problem(file: Path) -> str:
    try:
        secret(file)
    except ConfigError as error:
        return str(error)
    return ""
