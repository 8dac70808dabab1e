"""Commands (CN), systems (ST) and result codes: HJ 212-2017 §6.6, Tables 5-9."""

from enum import IntEnum
from typing import Final, Literal, NamedTuple

Kind = Literal["request", "request or upload", "upload", "notice", "answer"]


class Command(NamedTuple):
    """What a command number means and who sends it."""

    cn: str
    meaning: str
    kind: Kind

    @property
    def answered_by(self) -> str | None:
        """The command that acknowledges it: 9014 data, 9013 notices; None for what is an answer itself."""
        if self.kind == "answer":
            return None
        return "9013" if self.kind == "notice" else "9014"


_ROWS: Final = (
    Command("1000", "set timeout and retries", "request"),
    Command("1001", "upload hardware serial", "upload"),
    Command("1002", "set station number", "request"),
    Command("1011", "device time", "request or upload"),
    Command("1012", "set device time", "request"),
    Command("1013", "device asks for the time", "notice"),
    Command("1014", "key exchange", "request"),
    Command("1061", "real-time interval", "request or upload"),
    Command("1062", "set real-time interval", "request"),
    Command("1063", "minute interval", "request or upload"),
    Command("1064", "set minute interval", "request"),
    Command("1072", "set password", "request"),
    Command("2011", "real-time data", "request or upload"),
    Command("2012", "stop real-time data", "notice"),
    Command("2013", "raw data", "request or upload"),
    Command("2021", "equipment state", "request or upload"),
    Command("2022", "stop equipment state", "notice"),
    Command("2031", "day data", "request or upload"),
    Command("2041", "equipment running time", "request or upload"),
    Command("2051", "minute data", "request or upload"),
    Command("2061", "hour data", "request or upload"),
    Command("2081", "start time of the data logger", "upload"),
    Command("3011", "zero and span calibration", "request"),
    Command("3012", "sample now", "request"),
    Command("3013", "start cleaning", "request"),
    Command("3014", "comparison sampling", "request"),
    Command("3015", "keep the over-limit sample", "request or upload"),
    Command("3016", "set sampling cycle", "request"),
    Command("3017", "sampling cycle", "request or upload"),
    Command("3018", "sample-out time", "request or upload"),
    Command("3019", "device identity", "request or upload"),
    Command("3020", "site information", "request or upload"),
    Command("3021", "set site parameter", "request"),
    Command("9011", "answer to a request", "answer"),
    Command("9012", "execution result", "answer"),
    Command("9013", "answer to a notice", "answer"),
    Command("9014", "answer to data", "answer"),
    Command("9015", "heartbeat", "notice"),
)
COMMANDS: Final = {row.cn: row for row in _ROWS}

SYSTEMS: Final = {
    "21": "surface water",
    "22": "air",
    "23": "noise",
    "24": "groundwater",
    "25": "soil",
    "26": "sea",
    "27": "volatile organic compounds",
    "31": "air pollution source",
    "32": "water pollution source",
    "33": "groundwater pollution source",
    "34": "marine pollution source",
    "35": "soil pollution source",
    "36": "noise source",
    "37": "vibration source",
    "38": "radioactive source",
    "39": "construction dust",
    "41": "electromagnetic source",
    "44": "electricity use monitoring",
    "45": "key production conditions",
    "51": "flue-gas process",
    "52": "waste-water process",
    "91": "system interaction",
}
INTERACTION: Final = "91"


def command(cn: str) -> Command:
    """The command of a number; an unlisted one is a vendor's upload, to be acknowledged as data."""
    return COMMANDS.get(cn) or Command(cn, "unlisted", "upload")


class QnRtn(IntEnum):
    """What the other side says to a request (9011)."""

    READY = 1
    REFUSED = 2
    PW_ERROR = 3
    MN_ERROR = 4
    ST_ERROR = 5
    FLAG_ERROR = 6
    QN_ERROR = 7
    CN_ERROR = 8
    CRC_ERROR = 9
    UNKNOWN = 100


class ExeRtn(IntEnum):
    """How a request went (9012)."""

    SUCCESS = 1
    FAILED = 2
    CONDITION = 3
    TIMEOUT = 4
    BUSY = 5
    SYSTEM_FAULT = 6
    NO_DATA = 100
