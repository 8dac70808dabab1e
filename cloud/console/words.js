// Chinese and English: the language is asked once and remembered.

const KEPT = "yingzhou.language";
const WORDS = {
  title: ["瀛洲", "Yingzhou"],
  subtitle: ["崇明 · 长兴 · 横沙", "Chongming · Changxing · Hengsha"],
  other_language: ["English", "中文"],
  rate: ["读数 / 秒", "readings / s"],
  total: ["云端启动以来入库", "stored since start"],
  neurons: ["神经元", "neurons"],
  gateways: ["网关在线", "gateways online"],
  clock: ["北京时间", "Shanghai time"],
  fresh: ["正常", "fresh"],
  suspect: ["可疑", "suspect"],
  fail: ["不合格", "failed"],
  silent: ["静默", "silent"],
  never: ["从未上报", "never heard"],
  alarm: ["报警", "in alarm"],
  fresh_hint: ["读数新，且通过或未经质检", "young, passing or not checked"],
  suspect_hint: ["最新读数可疑或缺值", "newest is suspect or missing"],
  fail_hint: ["最新读数未通过质检", "newest failed its checks"],
  silent_hint: ["无读数已超过", "no reading for more than"],
  never_hint: ["登记后无任何读数", "registered, no reading yet"],
  alarm_hint: ["报警条件成立", "an alarm's condition holds"],
  legend: ["状态", "State"],
  kind: ["类别", "Kind"],
  town: ["乡镇", "Town"],
  all_kinds: ["全部类别", "all kinds"],
  all_towns: ["全部乡镇", "all towns"],
  whole: ["全图", "Whole map"],
  zoom_in: ["放大", "Zoom in"],
  zoom_out: ["缩小", "Zoom out"],
  attention: ["需要关注", "What needs attention"],
  calm: ["一切正常", "All is well"],
  calm_hint: ["没有报警，没有不合格的读数，没有静默的神经元，网关全部在线。", "No alarm, no failed reading, no silent neuron, every gateway online."],
  empty: ["尚无神经元", "No neurons here"],
  empty_hint: ["登记神经元后会显示在这里；或者放宽筛选条件。", "They appear as soon as they are registered; or the filters hide them."],
  offline: ["网关离线", "gateway offline"],
  more: ["另有 {0} 项", "and {0} more"],
  since: ["始于", "since"],
  lasting: ["已", "for"],
  close: ["关闭", "Close"],
  twin: ["孪生体", "Twin"],
  gateway: ["网关", "Gateway"],
  no_gateway: ["无（直接写入）", "none (writes directly)"],
  not_bound: ["未绑定", "watches no twin"],
  hardware: ["硬件标识", "Hardware"],
  identifier: ["编号", "Identifier"],
  place: ["位置", "Place"],
  nowhere: ["无坐标", "no coordinates"],
  datastreams: ["数据流", "Datastreams"],
  no_datastreams: ["没有数据流", "no datastreams"],
  no_reading: ["无读数", "no reading"],
  last_hour: ["最近一小时", "the last hour"],
  mean_of: ["每 {0} 均值", "means of {0}"],
  no_hour: ["最近一小时没有读数", "no readings in the last hour"],
  quality_1: ["通过", "pass"],
  quality_2: ["未质检", "not checked"],
  quality_3: ["可疑", "suspect"],
  quality_4: ["不合格", "fail"],
  quality_9: ["缺值", "missing"],
  acknowledge: ["确认", "Acknowledge"],
  acknowledged_by: ["已由 {0} 确认", "acknowledged by {0}"],
  shelved: ["已搁置至 {0}", "shelved until {0}"],
  lost: ["连接中断", "Connection lost"],
  last_update: ["最后更新 {0}", "last update {0}"],
  retrying: ["正在重试 …", "trying again …"],
  seconds: ["{0} 秒", "{0} s"],
  minutes: ["{0} 分钟", "{0} min"],
  hours: ["{0} 小时", "{0} h"],
  days: ["{0} 天", "{0} d"],
  ago: ["{0}前", "{0} ago"],
  gate_title: ["请用一次性链接打开控制台", "Open the console with a one-time link"],
  gate_why: ["尚未登录，或登录已超过 12 小时。", "You are not logged in, or the session is over (12 hours)."],
  gate_up: ["启动时会打印链接：", "prints the link when it starts:"],
  gate_running: ["已在运行？用管理密钥取新链接：", "It runs already? Ask for a new link with the admin key:"],
  gate_then: ["然后在此浏览器打开 {0} 加上返回的 path。", "Then open {0} followed by the path it returns."],
  again: ["重试", "Try again"],
  land: ["海岸线", "Coastline"],
  names: ["地名", "Places"],
};

export const language = chosen();
const column = language === "zh" ? 0 : 1;
export const locale = language === "zh" ? "zh-CN" : "en-GB";

/** A text in the language of the page; {0}, {1} ... are replaced. */
export function say(key, ...values) {
  return WORDS[key][column].replace(/\{(\d)\}/g, (_, place) => String(values[place]));
}

/** The name of something that has one in each language. */
export function named(chinese, latin) {
  return (column === 0 ? chinese : latin) || chinese || latin;
}

/** The page is loaded anew: every text on it is another one. */
export function switchLanguage() {
  keep(KEPT, language === "zh" ? "en" : "zh");
  location.reload();
}

/** Remember a choice; a browser that forbids it forgets it. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
}

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function chosen() {
  const known = kept(KEPT);
  if (known === "zh" || known === "en") return known;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
