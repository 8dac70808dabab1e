"""``python -m tests.fuzz [--seconds 60] [TARGET ...]``: coverage-guided fuzzing of every parser (``make fuzz``).

Each target runs in a process of its own, starts from its kept corpus and the golden frames, and leaves a corpus made
smaller again. An input that breaks a law is printed in hexadecimal, kept in the corpus, and the exit code is 1.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.targets import seeds, targets

WORKER = "tests.fuzz.worker"


def main() -> int:
    known = targets()
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", choices=[[], *known], metavar="TARGET", help=", ".join(known))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    args = parser.parse_args()
    chosen = args.target or list(known)
    broken = []
    for number, name in enumerate(chosen, 1):
        print(f"{number}/{len(chosen)}  {name} ... ", end="", flush=True)
        kept = corpus.load(name)
        told, failed = fuzz(name, [*kept, *seeds(name)], args.seconds)
        print(told, flush=True)
        broken += [name] if failed else []
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def fuzz(name: str, inputs: list[bytes], seconds: int) -> tuple[str, bool]:
    """What there is to tell, and whether a law was broken."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for sub in ("seeds", "found", "small", "broken"):
            (folder / sub).mkdir()
        for number, data in enumerate(inputs):
            (folder / "seeds" / f"{number:04}").write_bytes(data[: corpus.MAX_LENGTH])
        program = folder / "program"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m {WORKER} {name} "$0" "$@"\n')
        program.chmod(0o700)
        options = [f"-max_total_time={seconds}", f"-max_len={corpus.MAX_LENGTH}", "-rss_limit_mb=1500", "-timeout=10"]
        options += [f"-artifact_prefix={folder / 'broken'}/", "-print_final_stats=1"]
        ran = _run(program, [*options, str(folder / "found"), str(folder / "seeds")], seconds + 120)
        broken = [file.read_bytes() for file in (folder / "broken").iterdir()]
        _run(program, ["-merge=1", str(folder / "small"), str(folder / "found"), str(folder / "seeds")], 300)
        small = [file.read_bytes() for file in (folder / "small").iterdir()]
    corpus.save(name, small + broken)
    if broken or ran.returncode:
        print(ran.stderr[-3000:])
        return f"BROKEN by {', '.join(data.hex() for data in broken) or 'its own process'}", True
    runs = next((line.split()[-1] for line in ran.stderr.splitlines() if "number_of_executed_units" in line), "?")
    return f"{int(runs):,} inputs, {len(small)} kept", False


def _run(program: Path, options: list[str], timeout_s: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *options], check=False, capture_output=True, text=True, errors="replace", timeout=timeout_s
    )


if __name__ == "__main__":
    sys.exit(main())
