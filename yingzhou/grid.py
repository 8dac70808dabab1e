"""Rows under headings, for the terminal."""

from collections.abc import Sequence


def grid(rows: Sequence[Sequence[object]], headings: Sequence[str]) -> str:
    """Columns as wide as their widest cell, numbers to the right; no newline at the end."""
    cells = [list(headings), *([f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    right = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(headings))]
    return "\n".join(
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in cells
    )
