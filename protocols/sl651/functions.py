"""Function codes (Appendix B) and what stands in the bodies of their two directions (§6.6.4)."""

from enum import Enum, auto
from typing import Final, NamedTuple

from protocols.sl651.control import Direction


class Content(Enum):
    """What follows serial number, send time and station in a body."""

    NOTHING = auto()
    ELEMENTS = auto()
    """Ids of Table C.1 with data, under times and stations."""
    SERIES = auto()
    """A time, a step, an id once, then the data groups."""
    PARAMETERS = auto()
    """Ids of Tables D.1 and D.4 with data."""
    ELEMENT_IDS = auto()
    PARAMETER_IDS = auto()
    PERIOD = auto()
    """Begin, end, step and an element's id."""
    VERSION = auto()
    """A length byte and text."""
    SWITCHES = auto()
    """A length byte and a bit for each pump or valve (Tables 71 and 74)."""
    GATES = auto()
    """The number of gates, a bit for each, and their openings (Table 77)."""
    QUOTA = auto()
    """FF on, 00 off."""
    EVENTS = auto()
    """32 counters (Table 82)."""
    FREE = auto()
    """The user's own."""


class Function(NamedTuple):
    """What a function code means."""

    code: int
    name: str
    name_zh: str
    up: Content
    down: Content
    typed: bool
    """Whether the station's type follows its address."""

    def content(self, direction: Direction) -> Content:
        """What a body of this direction holds; an acknowledgement, which holds nothing, fits all of them."""
        return self.up if direction is Direction.UP else self.down

    @property
    def takes_parameters(self) -> bool:
        """Whether its ids are those of parameters."""
        return self.up is Content.PARAMETERS or self.down is Content.PARAMETER_IDS


_C = Content
_ROWS: Final = (
    Function(0x2F, "link keep-alive", "链路维持报", _C.NOTHING, _C.NOTHING, False),
    Function(0x30, "test report", "测试报", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x31, "uniform interval report", "均匀时段水文信息报", _C.SERIES, _C.NOTHING, True),
    Function(0x32, "timed report", "遥测站定时报", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x33, "extra report", "遥测站加报报", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x34, "hourly report", "遥测站小时报", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x35, "manual report", "遥测站人工置数报", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x36, "picture", "遥测站图片报或中心站查询遥测站图片采集信息", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x37, "query real-time data", "中心站查询遥测站实时数据", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x38, "query data of a period", "中心站查询遥测站时段数据", _C.SERIES, _C.PERIOD, True),
    Function(0x39, "query manual data", "中心站查询遥测站人工置数", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x3A, "query given elements", "中心站查询遥测站指定要素数据", _C.ELEMENTS, _C.ELEMENT_IDS, True),
    Function(0x40, "set basic configuration", "中心站修改遥测站基本配置表", _C.PARAMETERS, _C.PARAMETERS, False),
    Function(0x41, "read basic configuration", "中心站读取遥测站基本配置表", _C.PARAMETERS, _C.PARAMETER_IDS, False),
    Function(0x42, "set run parameters", "中心站修改遥测站运行参数配置表", _C.PARAMETERS, _C.PARAMETERS, False),
    Function(0x43, "read run parameters", "中心站读取遥测站运行参数配置表", _C.PARAMETERS, _C.PARAMETER_IDS, False),
    Function(0x44, "query pump motors", "查询水泵电机实时工作数据", _C.ELEMENTS, _C.NOTHING, True),
    Function(0x45, "query software version", "查询遥测终端软件版本", _C.VERSION, _C.NOTHING, False),
    Function(0x46, "query state and alarms", "查询遥测站状态和报警信息", _C.ELEMENTS, _C.NOTHING, False),
    Function(0x47, "clear the storage", "初始化固态存储数据", _C.NOTHING, _C.PARAMETER_IDS, False),
    Function(0x48, "factory reset", "恢复终端出厂设置", _C.NOTHING, _C.PARAMETER_IDS, False),
    Function(0x49, "change the password", "修改密码", _C.PARAMETERS, _C.PARAMETERS, False),
    Function(0x4A, "set the clock", "设置遥测站时钟", _C.NOTHING, _C.NOTHING, False),
    Function(0x4B, "set IC card state", "设置遥测终端IC卡状态", _C.ELEMENTS, _C.ELEMENTS, False),
    Function(0x4C, "switch pumps", "控制水泵开关命令/水泵状态信息自报", _C.SWITCHES, _C.SWITCHES, False),
    Function(0x4D, "switch valves", "控制阀门开关命令/阀门状态信息自报", _C.SWITCHES, _C.SWITCHES, False),
    Function(0x4E, "switch gates", "控制闸门开关命令/闸门状态信息自报", _C.GATES, _C.GATES, False),
    Function(0x4F, "water quota control", "水量定值控制命令", _C.QUOTA, _C.QUOTA, False),
    Function(0x50, "query event record", "中心站查询遥测站事件记录", _C.EVENTS, _C.NOTHING, False),
    Function(0x51, "query the clock", "中心站查询遥测站时钟", _C.NOTHING, _C.NOTHING, False),
)
FUNCTIONS: Final = {row.code: row for row in _ROWS}
KEEP_ALIVE: Final = 0x2F
UNIFORM: Final = 0x31
PICTURE: Final = 0x36
SET_CLOCK: Final = 0x4A
USER: Final = range(0xE0, 0x100)


def function(code: int) -> Function:
    """What a code means; an unlisted one is the user's own (E0 to FF) or reserved, and its body is free."""
    name, name_zh = ("user function", "用户自定义扩展区") if code in USER else ("reserved", "保留")
    return FUNCTIONS.get(code) or Function(code, name, name_zh, Content.FREE, Content.FREE, False)
