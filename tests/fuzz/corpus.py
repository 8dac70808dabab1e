"""Inputs that once reached new code, a line of hexadecimal each: tests/corpus/TARGET.hex."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "corpus"
MAX_LENGTH = 4096
MAX_INPUTS = 400


def load(name: str) -> list[bytes]:
    file = FOLDER / f"{name}.hex"
    return [bytes.fromhex(line) for line in file.read_text().splitlines()] if file.exists() else []


def save(name: str, inputs: list[bytes]) -> None:
    """The shortest ones, in order of length and content, so that a change shows as lines that came or went."""
    kept = sorted(set(inputs), key=lambda data: (len(data), data))[:MAX_INPUTS]
    (FOLDER / f"{name}.hex").write_text("".join(f"{data.hex()}\n" for data in kept))
