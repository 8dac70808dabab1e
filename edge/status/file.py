"""The file in which an agent says every two seconds how it is, for ``edge status``."""

import json
import logging
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

STATUS_FILE: Final = "status.json"


class StatusFile:
    """Written anew each time: the old one or the new, never half of it."""

    def __init__(self, path: Path) -> None:
        self.refused = False
        """The disk did not take the last one."""
        self._path = path

    def write(self, status: dict[str, Any]) -> None:
        """A disk that refuses is told of when that begins, and when it ends."""
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(status))
            draft.replace(self._path)
        except OSError as error:
            if not self.refused:
                log.warning("%s: %s; `edge status` shows an old one until it can be written", self._path, error)
            self.refused = True
        else:
            if self.refused:
                log.info("%s: it can be written again", self._path)
            self.refused = False
