"""ioos_qc as the oracle: writes tests/golden/quality/ioos_qc.json, or compares on fresh series.

ioos_qc is no dependency of ours (362 MB); in a virtual environment of its own::

    python3.11 -m venv /tmp/ioos && /tmp/ioos/bin/pip install ioos-qc==3.0.0
    /tmp/ioos/bin/python -m tests.edge.quality.oracle write
    /tmp/ioos/bin/python -m tests.edge.quality.oracle compare 2000
"""

import json
import random
import sys
from importlib.metadata import version
from pathlib import Path

from tests.edge.quality import agreement, series

GOLDEN = Path(__file__).parents[2] / "golden" / "quality" / "ioos_qc.json"
TESTS = ("gross_range", "spike", "rate", "flat_line", "attenuated_range", "attenuated_sd", "gap")


def case(test: str, seed: int, count: int = 100) -> dict:
    """One call of ioos_qc: what went in and what came out."""
    rng = random.Random(seed * 31 + TESTS.index(test))
    missing = test in {"gross_range", "spike"}
    made = {
        "test": test,
        "values": series.values(seed, count, missing=missing),
        "times": series.times(seed, count, gaps=test == "gap"),
    }
    step = series.STEP_S
    made["figures"] = {
        "gross_range": lambda: {"fail": [-8.0, 30.0], "suspect": [rng.uniform(-8, 0), rng.uniform(15, 30)]},
        "spike": lambda: {"low": rng.uniform(0.3, 1.5), "high": rng.uniform(2, 8)},
        "rate": lambda: {"per_s": rng.uniform(0.5, 4) / step},
        "flat_line": lambda: {
            "suspect_s": rng.randint(2, 6) * step,
            "fail_s": rng.randint(7, 14) * step,
            "tolerance": rng.choice((0.0005, 0.0155, 0.0345, 0.2005)),
        },
        "attenuated_range": lambda: {"suspect": rng.uniform(0.5, 3), "fail": rng.uniform(0.01, 0.4)},
        "attenuated_sd": lambda: {"suspect": rng.uniform(0.2, 1), "fail": rng.uniform(0.005, 0.1)},
        "gap": lambda: {"longest_h": rng.choice((0.25, 0.5, 1.5))},
    }[test]()
    made["flags"] = _flags(made)
    return made


def _flags(made: dict) -> list[int]:
    import numpy as np  # noqa: PLC0415 - only here is ioos_qc needed
    from ioos_qc import qartod  # noqa: PLC0415

    figures = made["figures"]
    values = np.array([np.nan if value is None else value for value in made["values"]])
    stamps = np.array(made["times"], dtype="datetime64[s]").astype("datetime64[ns]")
    window_s = 24 * series.STEP_S

    def attenuated(check: str) -> object:
        return qartod.attenuated_signal_test(
            values, stamps, figures["suspect"], figures["fail"], test_period=window_s, min_obs=24, check_type=check
        )

    found = {
        "gross_range": lambda: qartod.gross_range_test(values, figures["fail"], figures["suspect"]),
        "spike": lambda: qartod.spike_test(values, figures["low"], figures["high"]),
        "rate": lambda: qartod.rate_of_change_test(values, stamps, figures["per_s"]),
        "flat_line": lambda: qartod.flat_line_test(
            values, stamps, figures["suspect_s"], figures["fail_s"], figures["tolerance"]
        ),
        "attenuated_range": lambda: attenuated("range"),
        "attenuated_sd": lambda: attenuated("std"),
        "gap": lambda: qartod.time_gap_test(stamps, figures["longest_h"]),
    }[made["test"]]()
    return [int(flag) for flag in np.ma.filled(found, 9)]


def main() -> int:
    if sys.argv[1:] == ["write"]:
        cases = [case(test, seed) for test in TESTS for seed in range(4)]
        told = {"made_with": f"ioos_qc {version('ioos-qc')}", "command": "python -m tests.edge.quality.oracle write"}
        lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
        GOLDEN.write_text(f'{{"made": {json.dumps(told)}, "cases": [\n{lines}\n]}}\n')
        return 0
    worst = 0
    for test in TESTS:
        flagged = wrong = 0
        for seed in range(1000, 1000 + int(sys.argv[2])):
            made = case(test, seed)
            flagged += sum(flag in {3, 4} for flag in made["flags"])
            wrong += len(agreement.disagreements(made))
        print(f"{test:<18} {flagged:>8} flagged by ioos_qc, {wrong} disagreements that are not intended")
        worst = max(worst, wrong)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
