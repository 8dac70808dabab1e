// How people call kinds, observed properties, units and numbers.

import { get } from "./api.js";
import { language, locale, named } from "./words.js";

const KINDS = {
  air_quality: ["空气质量", "air quality"],
  camera: ["摄像机", "camera"],
  dust: ["扬尘", "dust"],
  electricity: ["电力", "electricity"],
  gas: ["燃气", "gas"],
  manhole: ["井盖", "manhole"],
  noise: ["噪声", "noise"],
  pump: ["泵站", "pump"],
  sluice: ["水闸", "sluice"],
  smoke: ["烟感", "smoke"],
  soil: ["土壤", "soil"],
  streetlight: ["路灯", "streetlight"],
  waste_bin: ["垃圾桶", "waste bin"],
  water_level: ["水位", "water level"],
  water_meter: ["水表", "water meter"],
  water_quality: ["水质", "water quality"],
  weather: ["气象", "weather"],
};
const LATIN = { ph: "pH", cod: "COD", cod_mn: "COD(Mn)", bod5: "BOD5", toc: "TOC", orp: "ORP", pm1: "PM1", pm2_5: "PM2.5",
  pm10: "PM10", tsp: "TSP", so2: "SO₂", no2: "NO₂", no: "NO", co: "CO", o3: "O₃", co2: "CO₂", soil_ph: "soil pH" };
const UNITS = { Cel: "°C", deg: "°", "1": "", "[pH]": "", "dB[mW]": "dBm", "kW.h": "kWh" };
const RAISED = { "-": "⁻", "1": "¹", "2": "²", "3": "³", "4": "⁴", "6": "⁶" };

const chinese = new Map();
const figures = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, maximumSignificantDigits: 4, roundingPriority: "morePrecision" });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const rough = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

/** The table of observed properties is the cloud's; only Chinese needs it, the English names are the identifiers. */
export async function loadProperties() {
  if (language !== "zh") return;
  for (const row of (await get("/console/properties.json")).items) chinese.set(row.name, row.name_zh);
}

export function kindName(kind) {
  return named(...(KINDS[kind] ?? [kind.replaceAll("_", " "), ""]));
}

export function propertyName(property, channel = null) {
  const known = language === "zh" ? chinese.get(property) : LATIN[property];
  return (known ?? property.replaceAll("_", " ")) + (channel === null ? "" : ` · ${channel}`);
}

/** UCUM as people write it: ug/m3 is µg/m³, Cel is °C. */
export function unitName(unit) {
  if (unit in UNITS) return UNITS[unit];
  return unit
    .replace(/[[\]]/g, "")
    .replace(/(^|[/.])u(?=[A-Za-z])/g, "$1µ")
    .replace(/(?<=[A-Za-z])-?\d/g, (digits) => [...digits].map((digit) => RAISED[digit] ?? digit).join(""))
    .replaceAll(".", "·");
}

/** A measured value; at least four digits, and two behind the point. */
export function valueText(value) {
  return value === null ? "—" : figures.format(value);
}

export function countText(count) {
  return whole.format(count);
}

export function rateText(rate) {
  return rate < 10 ? rough.format(rate) : whole.format(rate);
}
