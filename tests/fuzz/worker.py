"""One target under libFuzzer: ``python -m tests.fuzz.worker TARGET PROGRAM [libFuzzer's options]``.

PROGRAM is what libFuzzer runs to start itself again, as it does to merge.
"""

import sys

import atheris

with atheris.instrument_imports(include=["protocols"]):
    from tests.fuzz.targets import targets


def main() -> None:
    atheris.Setup(sys.argv[2:], targets()[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
