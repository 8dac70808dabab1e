"""That the data folder came from a backup: what gateways brought after it is lost here, and may still be with them."""

import json
import logging
from pathlib import Path
from typing import NamedTuple, Self

log = logging.getLogger(__name__)

FILE = "restored.json"


class Restored(NamedTuple):
    """What ``yingzhou restore`` left in the folder."""

    taken_ms: int
    """When the backup was made, ms UTC."""
    restored_ms: int
    readings: int
    """In the backup."""

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """None: this folder was never restored, or nobody can read of which restore it is."""
        try:
            return cls(**json.loads((data / FILE).read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s: gateways are not asked to send again: %s", data / FILE, error)
            return None

    def write(self, data: Path) -> None:
        """Not on disk yet when it returns."""
        (data / FILE).write_text(json.dumps(self._asdict()))
