"""Observed properties and their UCUM units: one table for everybody."""

from typing import Final, NamedTuple


class ObservedProperty(NamedTuple):
    """What is measured, in which unit, within which gross range (QARTOD test 4, sensor-independent)."""

    name: str
    name_zh: str
    unit: str
    """UCUM, case sensitive (https://ucum.org): ``Cel``, ``ug/m3``, ``[pH]``, ``uS/cm``..."""
    low: float
    high: float


_ROWS: Final = (
    # water
    ("water_temperature", "水温", "Cel", -5, 50),
    ("water_level", "水位", "m", -20, 100),
    ("water_depth", "水深", "m", 0, 200),
    ("water_flow", "流量", "m3/s", -50_000, 100_000),
    ("water_velocity", "流速", "m/s", -20, 20),
    ("ph", "pH", "[pH]", 0, 14),
    ("dissolved_oxygen", "溶解氧", "mg/L", 0, 40),
    ("conductivity", "电导率", "uS/cm", 0, 100_000),
    ("salinity", "盐度", "g/kg", 0, 60),
    ("turbidity", "浊度", "[NTU]", 0, 10_000),
    ("orp", "氧化还原电位", "mV", -2_000, 2_000),
    ("cod", "化学需氧量", "mg/L", 0, 10_000),
    ("cod_mn", "高锰酸盐指数", "mg/L", 0, 1_000),
    ("bod5", "五日生化需氧量", "mg/L", 0, 5_000),
    ("toc", "总有机碳", "mg/L", 0, 5_000),
    ("ammonia_nitrogen", "氨氮", "mg/L", 0, 1_000),
    ("total_phosphorus", "总磷", "mg/L", 0, 500),
    ("total_nitrogen", "总氮", "mg/L", 0, 2_000),
    ("suspended_solids", "悬浮物", "mg/L", 0, 100_000),
    ("chlorophyll_a", "叶绿素a", "ug/L", 0, 5_000),
    ("oxygen_saturation", "溶解氧饱和度", "%", 0, 500),
    ("total_dissolved_solids", "总溶解固体", "mg/L", 0, 100_000),
    ("water_pressure", "水压", "kPa", -100, 10_000),
    ("water_distance", "液面距离", "m", 0, 200),
    # air and weather
    ("air_temperature", "气温", "Cel", -60, 70),
    ("relative_humidity", "相对湿度", "%", 0, 100),
    ("dew_point", "露点", "Cel", -80, 50),
    ("air_pressure", "气压", "hPa", 500, 1_100),
    ("wind_speed", "风速", "m/s", 0, 100),
    ("wind_direction", "风向", "deg", 0, 360),
    ("rainfall", "降雨量", "mm", 0, 500),
    ("rain_intensity", "雨强", "mm/h", 0, 1_000),
    ("uv_index", "紫外线指数", "1", 0, 25),
    ("illuminance", "照度", "lx", 0, 250_000),
    ("solar_radiation", "太阳辐射", "W/m2", -20, 2_000),
    ("pm1", "PM1", "ug/m3", 0, 2_000),
    ("pm2_5", "PM2.5", "ug/m3", 0, 2_000),
    ("pm10", "PM10", "ug/m3", 0, 5_000),
    ("tsp", "总悬浮颗粒物", "ug/m3", 0, 20_000),
    ("so2", "二氧化硫", "ug/m3", 0, 10_000),
    ("no2", "二氧化氮", "ug/m3", 0, 5_000),
    ("no", "一氧化氮", "ug/m3", 0, 5_000),
    ("co", "一氧化碳", "mg/m3", 0, 500),
    ("o3", "臭氧", "ug/m3", 0, 2_000),
    ("co2", "二氧化碳", "[ppm]", 0, 50_000),
    ("ammonia_gas", "氨气", "[ppm]", 0, 10_000),
    ("hydrogen_sulfide", "硫化氢", "[ppm]", 0, 10_000),
    ("combustible_gas", "可燃气体", "%", 0, 100),
    ("noise", "噪声", "dB", 0, 150),
    # soil
    ("soil_moisture", "土壤含水率", "%", 0, 100),
    ("soil_temperature", "土壤温度", "Cel", -40, 80),
    ("soil_conductivity", "土壤电导率", "uS/cm", 0, 50_000),
    ("soil_ph", "土壤pH", "[pH]", 0, 14),
    ("soil_nitrogen", "土壤氮", "mg/kg", 0, 10_000),
    ("soil_phosphorus", "土壤磷", "mg/kg", 0, 10_000),
    ("soil_potassium", "土壤钾", "mg/kg", 0, 10_000),
    ("soil_salinity", "土壤盐分", "mg/L", 0, 100_000),
    # streetlights, electricity and other meters
    ("lamp_level", "亮度", "%", 0, 100),
    ("switched_on", "开关状态", "1", 0, 1),
    ("voltage", "电压", "V", 0, 100_000),
    ("current", "电流", "A", -10_000, 10_000),
    ("active_power", "有功功率", "W", -10_000_000, 10_000_000),
    ("power_factor", "功率因数", "1", -1, 1),
    ("frequency", "频率", "Hz", 0, 1_000),
    ("active_energy", "有功电能", "kW.h", 0, 1e12),
    ("water_volume", "累计水量", "m3", 0, 1e12),
    ("gas_volume", "累计气量", "m3", 0, 1e12),
    ("heat_energy", "累计热量", "kW.h", 0, 1e12),
    ("relay_closed", "继电器合闸", "1", 0, 1),
    ("lamp_hours", "灯具运行时间", "h", 0, 1e6),
    # sluices, cameras and the devices themselves
    ("gate_opening", "闸门开度", "m", 0, 30),
    ("pump_running", "水泵运行", "1", 0, 1),
    ("running_hours", "运行时间", "h", 0, 1e7),
    ("drive_running", "启闭机运行", "1", 0, 1),
    ("end_position", "到位信号", "1", 0, 1),
    ("fault_signal", "故障信号", "1", 0, 1),
    ("valve_opening", "阀门开度", "%", 0, 100),
    ("fill_level", "满溢度", "%", 0, 100),
    ("smoke_alarm", "烟雾报警", "1", 0, 1),
    ("gas_alarm", "燃气报警", "1", 0, 1),
    ("cover_open", "井盖开启", "1", 0, 1),
    ("tilt", "倾角", "deg", -180, 180),
    ("motion_share", "运动占比", "%", 0, 100),
    ("image_brightness", "画面亮度", "%", 0, 100),
    ("image_sharpness", "画面清晰度", "1", 0, 1_100_000),
    ("image_occlusion", "画面遮挡", "%", 0, 100),
    ("scene_shift", "场景偏移", "%", 0, 200),
    ("object_count", "目标数量", "1", 0, 10_000),
    ("picture_wanted", "请求画面时刻", "ms", 0, 253_402_300_799_999),
    ("battery_voltage", "电池电压", "V", 0, 60),
    ("battery_level", "电量", "%", 0, 100),
    ("signal_strength", "信号强度", "dB[mW]", -200, 20),
)

OBSERVED_PROPERTIES: Final[dict[str, ObservedProperty]] = {row[0]: ObservedProperty(*row) for row in _ROWS}


def unit_of(name: str) -> str | None:
    """The UCUM unit of an observed property; None when the table does not know the property."""
    known = OBSERVED_PROPERTIES.get(name)
    return known.unit if known else None
