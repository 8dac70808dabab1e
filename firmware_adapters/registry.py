"""The device models that ship with us, and how one is found by vendor, model and firmware."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final, Literal, NamedTuple

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.firmware import version_of
from firmware_adapters.meter_models import Dlt645Model
from firmware_adapters.models.abb import b23
from firmware_adapters.models.auma import am_01_1
from firmware_adapters.models.carlo_gavazzi import em24
from firmware_adapters.models.chint import dtsu666
from firmware_adapters.models.comwintop import cwt_soil_npkphcth_s, cwt_soil_thc_s
from firmware_adapters.models.delta_ohm import pmsense
from firmware_adapters.models.dfrobot import sen0575, sen0604, sen0658, urm14
from firmware_adapters.models.eastron import sdm120, sdm630
from firmware_adapters.models.finder import type_7m_24
from firmware_adapters.models.generic import (
    cabinet_meter,
    cjt188_heat_meter,
    cjt188_water_meter,
    dust_noise_monitor,
    hj212_air,
    hj212_dust_noise,
    hj212_outfall,
    hj212_surface_water,
    level_gauge,
    lighting_cabinet,
    lwm2m_bin,
    lwm2m_climate,
    lwm2m_gas,
    lwm2m_lamp,
    lwm2m_manhole,
    lwm2m_smoke,
    lwm2m_water_meter,
    pump_station,
    single_phase,
    single_phase_relay,
    sl651_rain,
    sl651_reservoir,
    sl651_river,
    sluice_gate,
    streetlight,
    three_phase,
    three_phase_1997,
    three_phase_relay,
    water_meter,
    water_sonde,
    weather_station,
)
from firmware_adapters.models.gropoint import gplp_8
from firmware_adapters.models.in_situ import aqua_troll_600
from firmware_adapters.models.keller import nanolevel, series_30
from firmware_adapters.models.lufft import ws600_umb
from firmware_adapters.models.orno import or_we_516
from firmware_adapters.models.peacefair import pzem_016
from firmware_adapters.models.qdy import qdy30a
from firmware_adapters.models.s_s_regeltechnik import rftm_lq_ps_co2
from firmware_adapters.models.schneider_electric import iem3000
from firmware_adapters.models.seeed import s_co2_03b, sensecap_s500
from firmware_adapters.models.senseair import s8
from firmware_adapters.models.shelly import pro_3em
from firmware_adapters.models.truebner import smt100
from firmware_adapters.models.tuf import tuf_2000m
from firmware_adapters.models.vaisala import wxt530
from firmware_adapters.models.waveshare import modbus_rtu_relay
from firmware_adapters.models.wiren_board import wb_msw_v_3, wb_msw_v_3_2
from firmware_adapters.models.womaster import es103
from firmware_adapters.models.xintai import rs_485_water_meter
from firmware_adapters.models.yosemitech import y511, y514, y532, y4000
from firmware_adapters.register_model import RegisterModel

FEW: Final = 12
"""So many models are told by name; of more, their vendors."""

Unlisted = Literal["refuse", "nearest"]
"""What is done with a firmware that no model is documented for."""


class Found(NamedTuple):
    """A model, and what an engineer should know of how it was found."""

    model: DeviceModel
    note: str = ""


def choices(name: str, known: Iterable[str]) -> str:
    """What to choose from instead of a name that nobody knows: the vendor's models, or all, or the vendors."""
    names = sorted(known, key=str.lower)
    vendor = name.partition("/")[0].lower()
    near = [one for one in names if one.lower().startswith(f"{vendor}/")] or names
    if len(near) <= FEW:
        return ", ".join(near)
    vendors = dict.fromkeys(one.partition("/")[0] for one in near)
    return f"the models of {', '.join(vendors)} (yingzhou devices lists them)"


class Catalogue(Mapping[str, tuple[DeviceModel, ...]]):
    """``vendor/model`` -> its models by firmware, oldest first.

    :raises ValueError: two models hold for the same firmware.
    """

    def __init__(self, models: Iterable[DeviceModel]) -> None:
        self._models: dict[str, tuple[DeviceModel, ...]] = {}
        for model in models:
            others = self._models.get(model.name, ())
            self._models[model.name] = tuple(sorted((*others, model), key=lambda one: one.firmware.low))
        for name, versions in self._models.items():
            for one, other in combinations(versions, 2):
                if one.firmware.overlaps(other.firmware):
                    raise ValueError(f"{name}: firmware {one.firmware} and {other.firmware} overlap")

    def __getitem__(self, name: str) -> tuple[DeviceModel, ...]:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def found(self, name: str, firmware: str | None = None, unlisted: Unlisted = "refuse") -> Found:
        """The model of ``vendor/model`` with that firmware.

        :param firmware: None: not known, which does where one model holds for all.
        :param unlisted: ``nearest``: for a firmware that nobody documented, the next older rows, or else the oldest;
            for one that is not known, the newest.
        :raises ValueError: there is none; the message says what there is.
        """
        versions = self._models.get(name)
        if versions is None:
            raise ValueError(f"expected one of {choices(name, self)}")
        if firmware is not None:
            holding = [one for one in versions if one.firmware.holds(firmware)]
            if holding:
                return Found(holding[0])
        elif versions[0].firmware.is_any:
            return Found(versions[0])
        documented = ", ".join(str(one.firmware) for one in versions)
        said = "firmware is not given" if firmware is None else f"firmware {firmware} is not documented"
        if unlisted == "refuse":
            raise ValueError(f"{name}: {said}; documented: {documented}")
        older = [one for one in versions if firmware is None or one.firmware.low <= version_of(firmware)]
        nearest = older[-1] if older else versions[0]
        return Found(nearest, f"{name}: {said}; rows of firmware {nearest.firmware} are used")


MODELS: Final = Catalogue(
    (
        b23.MODEL,
        am_01_1.MODEL,
        em24.MODEL,
        dtsu666.MODEL,
        cwt_soil_npkphcth_s.MODEL,
        cwt_soil_thc_s.MODEL,
        pmsense.MODEL,
        sen0575.MODEL,
        sen0604.MODEL,
        sen0658.MODEL,
        urm14.MODEL,
        sdm120.MODEL,
        sdm630.MODEL,
        type_7m_24.MODEL,
        cabinet_meter.MODEL,
        cjt188_heat_meter.MODEL,
        cjt188_water_meter.MODEL,
        dust_noise_monitor.MODEL,
        hj212_air.MODEL,
        hj212_dust_noise.MODEL,
        hj212_outfall.MODEL,
        hj212_surface_water.MODEL,
        level_gauge.MODEL,
        lighting_cabinet.MODEL,
        lwm2m_bin.MODEL,
        lwm2m_climate.MODEL,
        lwm2m_gas.MODEL,
        lwm2m_lamp.MODEL,
        lwm2m_manhole.MODEL,
        lwm2m_smoke.MODEL,
        lwm2m_water_meter.MODEL,
        pump_station.MODEL,
        single_phase.MODEL,
        single_phase_relay.MODEL,
        sl651_rain.MODEL,
        sl651_reservoir.MODEL,
        sl651_river.MODEL,
        sluice_gate.MODEL,
        streetlight.MODEL,
        three_phase.MODEL,
        three_phase_1997.MODEL,
        three_phase_relay.MODEL,
        water_meter.MODEL,
        water_sonde.MODEL,
        weather_station.MODEL,
        gplp_8.MODEL,
        aqua_troll_600.MODEL,
        nanolevel.MODEL,
        series_30.MODEL,
        ws600_umb.MODEL,
        or_we_516.MODEL,
        pzem_016.MODEL,
        qdy30a.MODEL,
        rftm_lq_ps_co2.MODEL,
        iem3000.MODEL,
        s_co2_03b.MODEL,
        sensecap_s500.MODEL,
        s8.MODEL,
        pro_3em.MODEL,
        smt100.MODEL,
        tuf_2000m.MODEL,
        wxt530.MODEL,
        modbus_rtu_relay.MODEL,
        wb_msw_v_3.MODEL,
        wb_msw_v_3_2.MODEL,
        es103.MODEL,
        rs_485_water_meter.MODEL,
        y4000.MODEL,
        y511.MODEL,
        y514.MODEL,
        y532.MODEL,
    )
)


def model_named(name: str) -> RegisterModel:
    """The Modbus rows of ``vendor/model``, for any firmware.

    :raises ValueError: there is none; the message says what there is.
    """
    return MODELS.found(name).model.register_model()


def dlt645_model(name: str) -> Dlt645Model:
    """What the meter ``vendor/model`` is asked for by DL/T 645, for any firmware.

    :raises ValueError: there is none; the message says what there is.
    """
    meters = {one: versions[-1].dlt645 for one, versions in MODELS.items() if versions[-1].dlt645}
    known = meters.get(name)
    if known is None:
        raise ValueError(f"expected one of {choices(name, meters)}")
    return known
