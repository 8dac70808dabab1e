"""Our flags beside ioos_qc's on one series, and the differences that are meant."""

from math import inf, nan

from edge.quality.limits import Attenuated, Flat, Gap, Limits, Rate, Span
from edge.quality.spike import SpikeBetween
from edge.quality.track import Track
from edge.quality.verdict import Stamps
from protocols.vocabulary import Quality
from tests.edge.quality.series import STEP_S

EVER = Stamps(0, 1 << 62)


def ours(case: dict) -> list[int]:
    """What we say to the same values."""
    values = [nan if value is None else value for value in case["values"]]
    if case["test"] == "spike":
        test = SpikeBetween(case["figures"]["low"], case["figures"]["high"])
        flags = [test.add(value) for value in values][1:]
        return [int(flag or 0) for flag in [*flags, test.end()]]
    track = Track(limits(case))
    found = []
    for time, value in zip(case["times"], values, strict=True):
        quality = Quality.MISSING if value != value else Quality.NOT_EVALUATED
        found.append(track.judge(time * 1000, value, quality, 0, EVER).quality)
    return found


def limits(case: dict) -> Limits:
    figures, step_ms = case["figures"], STEP_S * 1000
    match case["test"]:
        case "gross_range":
            return Limits(Span(*figures["fail"]), Span(*figures["suspect"]))
        case "rate":
            return Limits(rate=Rate(((step_ms, figures["per_s"] * STEP_S),)))
        case "flat_line":
            counts = [figures[name] // STEP_S + 1 for name in ("suspect_s", "fail_s")]
            return Limits(flat=Flat(*counts, tolerance=figures["tolerance"]))
        case "attenuated_range" | "attenuated_sd":
            by = "range" if case["test"].endswith("range") else "sd"
            return Limits(attenuated=Attenuated(24 * step_ms, figures["suspect"], figures["fail"], by))
        case "gap":
            return Limits(Span(-inf, inf), gap=Gap(round(figures["longest_h"] * 3_600_000), Quality.FAIL))
    raise AssertionError(case["test"])


def disagreements(case: dict) -> list[tuple[int, int, int]]:
    """(place, ioos_qc's flag, ours) wherever they differ and are not meant to."""
    flags = ours(case)
    return [
        (place, theirs, mine)
        for place, (theirs, mine) in enumerate(zip(case["flags"], flags, strict=True))
        if theirs != mine and not _intended(case, place, theirs, mine)
    ]


def _intended(case: dict, place: int, theirs: int, mine: int) -> bool:
    match case["test"]:
        case "rate":
            return (place == 0 and mine == Quality.NOT_EVALUATED) or (mine == Quality.PASS and _came_back(case, place))
        case "gap":
            return place == 0 and mine == Quality.PASS  # theirs gives the first reading the flag of the second
        case "flat_line":
            return place == 0 and mine == Quality.NOT_EVALUATED
        case "attenuated_range" | "attenuated_sd":
            # until the window is full: theirs is "not evaluated", ours is about the checks that there are
            return theirs == Quality.NOT_EVALUATED and mine in {Quality.PASS, Quality.NOT_EVALUATED}
    return False


def _came_back(case: dict, place: int) -> bool:
    """After a change that is in doubt, what was before it is a measure, too: the way back from a spike is no change."""
    values, step = case["values"], case["figures"]["per_s"] * STEP_S
    before = place - 1
    while case["flags"][before] == Quality.SUSPECT and before >= max(1, place - 2):
        before -= 1
        if abs(values[place] - values[before]) <= step * (place - before):
            return True
    return False
