"""``yingzhou edge status`` as lines of at most 80 columns: the gateway first, then its links and devices."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from yingzhou.device_table import device_lines, span, wrapped

QUALITIES: Final = ("pass", "not_evaluated", "suspect", "fail", "missing")
_INDENT: Final = " " * 6
"""With the two blanks of what goes on in another line: below the words."""


def status_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """Everything, of what is configured."""
    for line in _gateway(status):
        yield from wrapped(line, "", _INDENT)
    yield from device_lines(status)


def why_not(status: Mapping[str, Any]) -> str:
    """Why the status is not that of an agent that runs now; empty when it is."""
    ago = span(abs(status["age_s"]))
    if status.get("stopped"):
        return f"no agent runs: it was stopped {ago} ago, and this is what it said then"
    if status["process_gone"]:
        return f"no agent runs: process {status['process']} is gone without a word (killed?); this is from {ago} ago"
    if status["fresh"]:
        return ""
    if status["age_s"] < 0:
        return f"this status is {ago} ahead of the clock here: the clock was set back, or the file is another's"
    hangs = "it hangs, or cannot write there any more" if status["running"] else "it was killed, hangs, or cannot write"
    return f"the agent has said nothing for {ago}: {'the disk is full' if status['disk_full'] else hangs}"


def _gateway(status: Mapping[str, Any]) -> Iterator[str]:
    yield f"gateway {status['gateway']}, {_state(status)}"
    if ailments := status.get("ailments"):
        yield f"ails    {', '.join(ailments)}"
    yield from _uplink(status["uplink"])
    spool = status["spool"]
    waits = "nothing waits" if spool["oldest_h"] is None else f"{spool['oldest_h']:.2f} h wait"
    yield f"spool   {waits}, {_room(spool)} ({spool['bytes']:,} bytes, {spool['share']:.1%} of its bound)"
    yield f"clock   {_clock(status.get('clock'))}"
    if commands := status.get("commands"):
        told = ", ".join(f"{commands[name]} {name}" for name in ("applied", "failed", "refused", "expired", "waiting"))
        yield f"orders  {told}"
    if (config := status.get("config")) and config["version"] is not None:
        yield f"config  version {config['version']} from afar{', on trial' if config['on_trial'] else ''}"
    yield from _findings(status)


def _state(status: Mapping[str, Any]) -> str:
    process = f"process {status['process']}"
    if not status["running"]:
        return f"NOT RUNNING: {process}, {status['age_s']:.0f} s ago"
    if status["fresh"]:
        return f"running: {process}, {status['age_s']:.0f} s ago"
    if status["age_s"] < 0:
        return f"running, status is {span(-status['age_s'])} ahead of the clock: {process}"
    doubt = "disk full" if status["disk_full"] else "does it hang?"
    return f"running, status is {span(status['age_s'])} old ({doubt}): {process}"


def _uplink(uplink: Mapping[str, Any]) -> Iterator[str]:
    line = "connected" if uplink["connected"] else "away"
    yield f"uplink  {line}, {uplink['in_flight']} in flight, {uplink['resent']} resent"
    if not uplink["connected"] and (trouble := uplink.get("trouble")):
        yield f"{_INDENT}  {trouble}"


def _findings(status: Mapping[str, Any]) -> Iterator[str]:
    """What checks, report by exception and rules did; nothing of what is not configured."""
    if quality := status.get("quality"):
        flags = [f"{quality[name]:,} {name.replace('_', ' ')}" for name in QUALITIES if quality[name]]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in quality["reasons"].items())
        yield f"checks  {', '.join(flags) or 'nothing yet'}" + (f" ({reasons})" if reasons else "")
    if report := status.get("report_by_exception"):
        yield f"report  {report['sent']:,} sent, {report['held']:,} held back"
    if rules := status.get("rules"):
        active = ", ".join(rules["active"]) or "no alarm"
        yield f"rules   {active}; {rules['actions_waiting']} actions to carry out"


def _room(spool: Mapping[str, Any]) -> str:
    """How long the line may be away from now on before readings are lost."""
    room_h = spool.get("room_h")
    if room_h is None:
        return "room not known yet"
    return f"{room_h:,.1f} h more fit" if room_h < 48 else f"{room_h / 24:,.0f} days more fit"


def _clock(clock: Mapping[str, Any] | None) -> str:
    if clock is None or clock["ahead_s"] is None:
        return "not compared with the cloud's within ten minutes"
    way = "ahead of" if clock["ahead_s"] >= 0 else "behind"
    ahead, uncertain = _precise(abs(clock["ahead_s"])), _precise(clock["uncertain_s"])
    return f"{ahead} {way} the cloud's, give or take {uncertain} ({span(clock['compared_s'])} ago)"


def _precise(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"
