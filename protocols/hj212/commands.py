"""Commands (CN), systems (ST) and result codes of the three editions: HJ 212-2017 §6.6, Tables 5-9."""

from enum import IntEnum
from typing import Final, Literal, NamedTuple

Kind = Literal["request", "request or upload", "upload", "notice", "answer"]


class Command(NamedTuple):
    """What a command number means, who sends it and what its content is made of."""

    cn: str
    meaning: str
    kind: Kind
    name_zh: str = ""
    request: str = ""
    """The names in the content of a request or notice, blanks between them; ``[x]`` may be missing, ``*-Rtd`` stands
    for any factor's. What a name means: protocols.hj212.names."""
    upload: str = ""
    """The same of an upload, and of the answer to a request of this number."""

    @property
    def answered_by(self) -> str | None:
        """The command that acknowledges it: 9014 data, 9013 notices; None for what is an answer itself."""
        if self.kind == "answer":
            return None
        return "9013" if self.kind == "notice" else "9014"


_PERIOD: Final = "BeginTime EndTime"
_STATISTICS: Final = (
    "DataTime [*-Cou] [*-Min] [*-Avg] [*-Max] [*-ZsMin] [*-ZsAvg] [*-ZsMax] [*-Data] [*-Flag] [*-EFlag]"
)
_REAL_TIME: Final = "DataTime [*-SampleTime] [*-Rtd] [*-ZsRtd] [*-Flag] [*-EFlag]"
_CYCLE: Final = "PolId CstartTime Ctime"

_ROWS: Final = (
    Command("1000", "set timeout and retries", "request", "设置超时时间及重发次数", "OverTime ReCount"),
    Command("1011", "device time", "request or upload", "提取/上传现场机时间", "[PolId]", "[PolId] SystemTime"),
    Command("1012", "set device time", "request", "设置现场机时间", "[PolId] SystemTime"),
    Command("1013", "device asks for the time", "notice", "现场机时间校准请求", "[PolId]"),
    Command("1061", "real-time interval", "request or upload", "提取/上传实时数据间隔", "", "RtdInterval"),
    Command("1062", "set real-time interval", "request", "设置实时数据间隔", "RtdInterval"),
    Command("1063", "minute interval", "request or upload", "提取/上传分钟数据间隔", "", "MinInterval"),
    Command("1064", "set minute interval", "request", "设置分钟数据间隔", "MinInterval"),
    Command("1072", "set password", "request", "设置现场机访问密码", "NewPW"),
    Command("2011", "real-time data", "request or upload", "取/上传污染物实时数据", "", _REAL_TIME),
    Command("2012", "stop real-time data", "notice", "停止察看污染物实时数据"),
    Command("2021", "equipment state", "request or upload", "取/上传设备运行状态数据", "", "DataTime *-RS"),
    Command("2022", "stop equipment state", "notice", "停止察看设备运行状态"),
    Command(
        "2031", "day data", "request or upload", "取/上传污染物日历史数据",
        _PERIOD, f"{_STATISTICS} [*-DayData] [*-NightData]",
    ),
    Command(
        "2041", "equipment running time", "request or upload", "取/上传设备运行时间日历史数据", _PERIOD, "DataTime *-RT"
    ),
    Command("2051", "minute data", "request or upload", "取/上传污染物分钟数据", _PERIOD, _STATISTICS),
    Command("2061", "hour data", "request or upload", "取/上传污染物小时数据", _PERIOD, _STATISTICS),
    Command("2081", "start time of the data logger", "upload", "上传数采仪开机时间", "", "DataTime RestartTime"),
    Command("3011", "zero and span calibration", "request", "零点校准量程校准", "PolId"),
    Command("3012", "sample now", "request", "即时采样", "PolId"),
    Command("3013", "start cleaning", "request", "启动清洗/反吹", "PolId"),
    Command("3014", "comparison sampling", "request", "比对采样", "PolId"),
    Command(
        "3015", "keep the over-limit sample", "request or upload", "超标留样/上传超标留样信息", "", "DataTime VaseNo"
    ),
    Command("3016", "set sampling cycle", "request", "设置采样时间周期", _CYCLE),
    Command("3017", "sampling cycle", "request or upload", "提取/上传采样时间周期", "PolId", _CYCLE),
    Command("3018", "sample-out time", "request or upload", "提取/上传出样时间", "PolId", "PolId Stime"),
    Command("3019", "device identity", "request or upload", "提取/上传设备唯一标识", "PolId", "[DataTime] PolId *-SN"),
    Command(
        "3020", "site information", "request or upload", "提取/上传现场机信息",
        "PolId InfoId [BeginTime] [EndTime]", "DataTime PolId *-Info",
    ),
    Command("3021", "set site parameter", "request", "设置现场机参数", "PolId InfoId *-Info"),
    Command("9011", "answer to a request", "answer", "请求应答", "", "[QN] QnRtn"),
    Command("9012", "execution result", "answer", "执行结果", "", "[QN] ExeRtn"),
    Command("9013", "answer to a notice", "answer", "通知应答", "", "[QN]"),
    Command("9014", "answer to data", "answer", "数据应答", "", "[QN] [CN]"),
)  # fmt: skip
# From public code of the edition of 2025, whose text was not read: contents are named where they are known.
_ROWS_2025: Final = (
    Command("1001", "upload hardware serial", "upload", "上传数采仪硬件序号", "", "*-Info"),
    Command("1002", "set station number", "request", "设置数采仪MN编码"),
    Command("1014", "key exchange", "request or upload", "现场机获取新密钥/上位机下发新密钥"),
    Command("2013", "raw data", "request or upload", "取/上传原始监测数据", "", "DataTime [*-SampleTime] [*-Flag]"),
    Command(
        "2052", "single noise measurement", "request or upload", "取/上传噪声单次测量数据", "", "DataTime [*-Data]"
    ),
    Command(
        "2062", "automatic standard-sample check", "request or upload", "取/上传自动标样核查校准数据", "", "DataTime"
    ),
    Command("2111", "5-minute means of furnace temperature", "upload", "上传炉膛温度5min均值", "", "DataTime [*-Avg]"),
    Command("3022", "keep a sample now", "request", "下发即时留样任务"),
    Command("3024", "start standard-sample check", "request", "启动标样核查"),
    Command("9015", "heartbeat", "notice", "心跳包"),
)
# HJ/T 212-2005 where it differs. Requests in real frames of 2016-2017, answers as in public code.
_ROWS_2005: Final = (
    Command("1001", "set warn time", "request", "设置报警响应时间", "WarnTime"),
    Command("1012", "set device time", "request", "设置现场机时间", "SystemTime"),
    Command("1021", "alarm limits", "request or upload", "提取/上传污染物报警门限值", "PolId", "*-LowValue *-UpValue"),
    Command("1022", "set alarm limits", "request", "设置污染物报警门限值", "*-LowValue *-UpValue"),
    Command("1031", "address of the data centre", "request or upload", "提取/上传上位机地址", "", "AlarmTarget"),
    Command("1032", "set address of the data centre", "request", "设置上位机地址", "AlarmTarget"),
    Command("1041", "time of the daily report", "request or upload", "提取/上传数据上报时间", "", "ReportTime"),
    Command("1042", "set time of the daily report", "request", "设置数据上报时间", "ReportTime"),
    Command("1072", "set password", "request", "设置访问密码", "PW"),
    Command("2071", "alarm records", "request or upload", "取/上传污染物报警记录", _PERIOD, "[DataTime] *-Ala"),
    Command("2072", "alarm", "upload", "上传报警事件", "", "AlarmTime *-Ala AlarmType"),
    Command("3014", "set sampling cycle", "request", "设置设备采样时间周期", "PolId Ctime"),
)

COMMANDS: Final = {row.cn: row for row in (*_ROWS_2005, *_ROWS, *_ROWS_2025)}
"""By number; where editions disagree the later one's."""
_COMMANDS_2005: Final = COMMANDS | {row.cn: row for row in _ROWS_2005}

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


def command(cn: str, version: int | None = None) -> Command:
    """The command of a number; an unlisted one is a vendor's upload, to be acknowledged as data.

    :param version: the version bits of the packet: 0, the edition of 2005, used some numbers for other things.
    """
    rows = _COMMANDS_2005 if version == 0 else COMMANDS
    return rows.get(cn) or Command(cn, "unlisted", "upload")


def is_encrypted(cn: str) -> bool:
    """Whether the edition of 2025 wants the content of this command encrypted (§6.4: 2000-2999, 1014 and 3020)."""
    return cn in ("1014", "3020") or "2000" <= cn <= "2999"


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
