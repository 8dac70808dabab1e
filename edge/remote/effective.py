"""The gateway's own file and the configuration from afar as one; checked before anything changes."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from edge.config import MAX_CONFIG, EdgeConfig, checked, load
from edge.remote.store import ConfigStore, Kept
from protocols.vocabulary import ConfigError
from protocols.vocabulary.config_file import ConfigFile, Fault

log = logging.getLogger(__name__)

OWN: Final = ("gateway", "uplink", "spool", "health")
"""Sections that only the file on the gateway may hold: who it is, how it reaches the cloud, where its files are."""
FOLDER: Final = "config"
"""In the gateway's data folder."""
_MOST: Final = 500
_NAMES: Final = 20
"""So many links are named in a warning."""


def store_of(config: EdgeConfig) -> ConfigStore:
    """Where configurations from afar are kept."""
    return ConfigStore(config.gateway.data / FOLDER)


def merged(path: Path, toml: str, version: int) -> EdgeConfig:
    """The own sections of the gateway's file, and all of the text from afar.

    :raises ConfigError: one line per fault, ``config-<version>.toml:line: key: value: what is allowed``.
    """
    own = ConfigFile.read(path, MAX_CONFIG).table
    file = ConfigFile.parse(Path(f"config-{version}.toml"), toml)
    taken = [Fault([name], {}, "this stands in the gateway's own file only") for name in file.table if name in OWN]
    if taken:
        raise file.refuse(taken)
    table = {name: section for name, section in own.items() if name in OWN} | file.table
    return checked(file, table, path.parent)


def taken_away(working: Iterable[str], config: EdgeConfig) -> str:
    """What is to be told of links that a configuration has no more; empty: nothing.

    :param working: names of those that are connected, or listen, now.
    """
    after = [link.name for link in config.link]
    working = list(working)
    gone = [name for name in working if name not in after]
    if not gone:
        return ""
    if len(gone) < len(working):
        return f"warning: links that work now are not in it: {_listed(gone)}"
    none = f"warning: none of the links that work now is in it: {_listed(gone)} "
    return none + (f"go; it has {_listed(after)}" if after else "go, and no link is left")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def start(path: Path) -> EdgeConfig:
    """The configuration to start with, and one more start of the one on trial; never neither the old nor the new.

    :raises ConfigError: the gateway's own file is wrong.
    """
    own = load(path)
    store = store_of(own)
    try:
        store.load()
        if store.damaged:
            log.error("%s: damaged: going on with %s alone", own.gateway.data / FOLDER, path)
        for kept in iter(store.begin, None):
            config = _tried(path, store, kept)
            if config is not None:
                return config
    except OSError as error:
        log.error("%s: %s: going on with %s alone", own.gateway.data / FOLDER, error.strerror, path)  # noqa: TRY400
    return own


def crashed(path: Path, error: Exception) -> bool:
    """The agent ended by an error: the configuration on trial goes; False: none is on trial.

    :raises ConfigError: the gateway's own file is wrong.
    """
    store = store_of(load(path))
    try:
        store.load()
        if store.standing.trial is None:
            return False
        store.roll_back(f"the agent ended: {type(error).__name__}: {str(error)[:_MOST]}", None)
    except OSError as failure:
        log.error("the configuration on trial cannot be rolled back: %s", failure)  # noqa: TRY400 - the first one counts
        return False
    return True


def _tried(path: Path, store: ConfigStore, kept: Kept) -> EdgeConfig | None:
    """The configuration of that version; what cannot be used any more goes, and the one before it is next."""
    text = store.text(kept)
    try:
        if text is not None:
            return merged(path, text, kept.version)
        reason = f"config-{kept.version}.toml: it is not what was written"
    except ConfigError as error:
        reason = str(error)
    log.error("configuration %d cannot be used: %s", kept.version, reason)
    if store.standing.trial == kept:
        store.roll_back(reason, None)
    else:
        store.drop_good()
    return None
