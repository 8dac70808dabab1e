"""The file in which an agent says every two seconds how it is, for ``edge status``."""

import json
from pathlib import Path
from typing import Any, Final

STATUS_FILE: Final = "status.json"


class StatusFile:
    """Written anew each time: the old one or the new, never half of it."""

    def __init__(self, path: Path) -> None:
        self.refusal = ""
        """What the disk said against the last one; empty: it took it."""
        self._path = path

    def write(self, status: dict[str, Any]) -> None:
        """A disk that refuses is no reason to stop: it is one of the gateway's ailments, which tell of it."""
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(status))
            draft.replace(self._path)
        except OSError as error:
            self.refusal = f"{self._path}: {error.strerror}"
        else:
            self.refusal = ""
