"""The file in which an agent says every two seconds how it is, for ``edge status``."""

import json
import logging
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

STATUS_FILE: Final = "status.json"


def write(path: Path, status: dict[str, Any]) -> None:
    """The old or the new, never half of it; a disk that refuses is only told of."""
    draft = path.with_suffix(".new")
    try:
        draft.write_text(json.dumps(status))
        draft.replace(path)
    except OSError as error:
        log.warning("%s: %s", path, error.strerror)
