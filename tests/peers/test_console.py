"""The console in a real browser: neurons in their states, names that are markup, a cloud that goes away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from protocols.checksums import crc16_hj212
from tests.peers.browser import CHROMIUM, Browser
from tests.system.processes import Installation, free_ports, now_ms

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: run tests/peers/install"),
]

GATEWAY = "gw-console"
LINK = '[[link]]\nkind = "hj212-tcp"\nname = "stations"\nhost = "127.0.0.1"\nport = {port}\n'
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>&lt;"
MARKUP = "<script>document.title='owned'</script>"
MINUTE_MS = 60_000
READY = "document.body?.dataset.ready === 'yes'"


@dataclass
class Scene:
    """A cloud with one neuron in each state."""

    installation: Installation
    ids: dict[str, str] = field(default_factory=dict)
    """What the neuron is in this scene -> its identifier."""

    async def add(self, role: str, *, gateway: str | None = None, mn: str | None = None, name: str = "") -> None:
        number = len(self.ids)
        body = {
            "name": name or f"测点 {role}",
            "kind": "water_quality" if number % 2 else "air_quality",
            "gateway": gateway,
            "observed_properties": ["water_temperature", "pm2_5"],
            "hardware": [{"scheme": "mn", "value": mn or f"CONSOLE-{number}"}],
            "location": {"type": "Point", "coordinates": [121.30 + 0.05 * number, 31.70 - 0.02 * number]},
            "town": "310151101",
        }
        self.ids[role] = (await self.installation.post("/api/v1/neurons", body))["id"]

    async def write(self, role: str, value: float, *, age_ms: int = 0, observed: str = "water_temperature") -> None:
        async with self.installation.api() as api:
            line = f"{self.ids[role]} {observed}={value} {now_ms() - age_ms}"
            answer = await api.post("/api/v2/write?precision=ms", content=line)
        assert answer.status_code == 204, answer.text

    async def bind(self, role: str, twin_name: str) -> str:
        body = {"kind": "river_section", "name": twin_name, "town": "310151101"}
        twin: str = (await self.installation.post("/api/v1/twins", body))["id"]
        await self.installation.post(f"/api/v1/neurons/{self.ids[role]}/bindings", {"twin": twin})
        return twin

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.installation.api_port}"

    @asynccontextmanager
    async def opened(self, folder: Path, **how: Any) -> AsyncIterator[Browser]:
        """A browser that followed a one-time link, with the picture on its screen."""
        path = (await self.installation.post("/api/v1/tickets", {}))["path"]
        async with Browser(folder, **how) as browser:
            await browser.go(self.base + path)
            await browser.until(READY)
            yield browser


def upload(mn: str, flag: str) -> bytes:
    """HJ 212-2017: one water temperature with a data flag, to be acknowledged."""
    now = datetime.now(UTC) + timedelta(hours=8)
    stamp = f"{now:%Y%m%d%H%M%S}"
    content = f"DataTime={stamp};w01010-Rtd=21.40,w01010-Flag={flag}"
    segment = f"QN={stamp}001;ST=21;CN=2011;PW=123456;MN={mn};Flag=5;CP=&&{content}&&".encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc16_hj212(segment))


async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # the edge agent is not up yet
            await asyncio.sleep(0.05)


async def flagged(port: int, mn: str, flag: str) -> None:
    async with asyncio.timeout(30):
        reader, writer = await connected(port)
        writer.write(upload(mn, flag))
        assert b"CN=9014" in await reader.readuntil(b"\r\n")
        writer.close()
        await writer.wait_closed()


async def prepare(installation: Installation) -> Scene:
    scene = Scene(installation)
    await installation.start_cloud()
    (port,) = free_ports(1)
    installation.write_gateway(GATEWAY, await installation.add_gateway(GATEWAY), LINK.format(port=port))
    for role in ("fresh", "silent", "never", "alarm"):
        await scene.add(role)
    await scene.add("suspect", gateway=GATEWAY, mn="CONSOLE-T")
    await scene.add("fail", gateway=GATEWAY, mn="CONSOLE-D")
    await scene.add("hostile", name=HOSTILE)
    rule = {"name": MARKUP, "property": "pm2_5", "comparison": "gt", "threshold": 75, "priority": "high"}
    await installation.post("/api/v1/rules", rule)
    await scene.write("fresh", 20.5)
    await scene.write("hostile", 20.25)
    await scene.write("silent", 20.5, age_ms=10 * MINUTE_MS)
    await scene.write("alarm", 80, observed="pm2_5")
    installation.edge(GATEWAY).start()
    await flagged(port, "CONSOLE-T", "T")
    await flagged(port, "CONSOLE-D", "D")
    return scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    installation = Installation(tmp_path_factory.mktemp("console"))
    try:
        yield asyncio.run(prepare(installation))
    finally:
        installation.close()


STATES = "Object.fromEntries([...document.querySelectorAll('.neuron')].map((n) => [n.dataset.id, n.dataset.state]))"


async def test_three_islands_and_every_neuron_in_its_state(scene: Scene, tmp_path: Path) -> None:
    async with scene.opened(tmp_path) as browser:
        islands = await browser.run(
            """[...document.querySelectorAll('path.island')].map((path) => {
                const box = path.getBoundingClientRect();
                const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
                return [path.dataset.island, inside && box.width > 40 && box.height > 40];
            })"""
        )
        names = {"Chongming Island", "Changxing Island", "Hengsha Island"}
        assert {name for name, seen in islands if seen} >= names
        roles = {"fresh", "silent", "never", "alarm", "suspect", "fail"}
        expected = {scene.ids[role]: role for role in roles} | {scene.ids["hostile"]: "fresh"}
        # the alarm's engine and the edge agent's uplink may be a moment behind the first picture
        await browser.until(f"Object.values({STATES}).sort().join() === {sorted(expected.values())}.join()")
        assert await browser.run(STATES) == expected
        counts = await browser.run(
            "Object.fromEntries([...document.querySelectorAll('[data-count]')]"
            ".map((count) => [count.dataset.count, count.textContent]))"
        )
        assert counts == dict.fromkeys(roles, "1") | {"fresh": "2"}
        for role in roles:
            mark = f"document.querySelector('[data-id=\"{scene.ids[role]}\"]')"
            assert await browser.run(f"{mark}.querySelector('use').getAttribute('href')") == f"#mark-{role}"
            assert await browser.run(f"{mark}.getBoundingClientRect().width > 3")
        towns = await browser.run("document.querySelectorAll('[data-town]').length")
        assert towns == 18
        credits_line = await browser.run("document.getElementById('attribution').textContent")
        assert "OpenStreetMap" in credits_line
        assert "GeoNames" in credits_line
        await browser.until("document.getElementById('figure-gateways').textContent === '1 / 1'")
        listed = await browser.run("[...document.querySelectorAll('#attention li')].map((row) => row.dataset.state)")
        assert listed == ["alarm", "fail", "suspect", "silent", "never"]
        assert browser.complaints == []


async def test_names_that_are_markup_stay_text(scene: Scene, tmp_path: Path) -> None:
    twin = await scene.bind("hostile", MARKUP)
    async with scene.opened(tmp_path) as browser:
        title = await browser.run("document.title")
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['hostile']}\"]').focus()")
        await browser.until(f"document.getElementById('panel').textContent.includes('{twin}')")
        assert await browser.run("document.querySelector('#panel h2').textContent") == HOSTILE
        text = await browser.run("document.getElementById('panel').textContent")
        assert f"{MARKUP}{twin}" in text
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['alarm']}\"]').focus()")
        await browser.until("document.querySelector('.alarm strong') !== null")
        assert await browser.run("document.querySelector('.alarm strong').textContent") == MARKUP
        assert await browser.run("document.querySelectorAll('img, body script, b b').length") == 0
        assert await browser.run("document.title") == title
        assert browser.complaints == []


async def test_panel_follows_the_neuron_without_drawing_the_map_anew(scene: Scene, tmp_path: Path) -> None:
    await scene.add("moving")
    await scene.write("moving", 18.75, age_ms=2 * MINUTE_MS)
    chosen = f"document.querySelector('[data-id=\"{scene.ids['moving']}\"]')"
    row = f"document.querySelector('[data-stream=\"{scene.ids['moving']}/water_temperature\"]')"
    async with scene.opened(tmp_path) as browser:
        await browser.run(f"{chosen}.focus()")
        await browser.until(f"{row}?.querySelector('.value').textContent === '18.75 °C'")
        assert await browser.run(f"{row}.querySelector('.quality').textContent") == "not checked"
        await browser.until("document.querySelector('.chart path.line') !== null")
        await browser.run(
            f"window.before = {chosen}; window.changes = 0;"
            "new MutationObserver((all) => { window.changes += all.length; })"
            ".observe(document.querySelector('.neurons'), { subtree: true, childList: true, attributes: true })"
        )
        await scene.write("moving", 19.25)
        await browser.until(f"{row}.querySelector('.value').textContent === '19.25 °C'")
        assert await browser.run(f"window.before === {chosen}")
        assert await browser.run("window.changes") == 0
        await browser.press("Escape")
        await browser.until("document.getElementById('panel').hidden")
        await scene.write("moving", 90, observed="pm2_5")
        await browser.until(f"{chosen}.dataset.state === 'alarm'")
        assert await browser.run(f"window.before === {chosen}")
        assert browser.complaints == []


async def test_keyboard_alone_walks_the_map_and_acknowledges(scene: Scene, tmp_path: Path) -> None:
    async with scene.opened(tmp_path) as browser:
        await browser.until(f"Object.values({STATES}).includes('alarm')")
        stops = "[...document.querySelectorAll('.neuron')].filter((n) => n.tabIndex === 0)"
        assert await browser.run(f"{stops}.length") == 1
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['fresh']}\"]').focus()")
        await browser.press("ArrowRight")  # they stand on a line from the north-west to the south-east
        assert await browser.run("document.activeElement.dataset.id") == scene.ids["silent"]
        await browser.until("document.querySelector('#panel h2')?.textContent === '测点 silent'")
        assert await browser.run(f"{stops}.length") == 1
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['alarm']}\"]').focus()")
        await browser.until("document.querySelector('.alarm button') !== null")
        await browser.run("document.querySelector('.alarm button').click()")
        await browser.until(
            "document.querySelector('.alarm') !== null && document.querySelector('.alarm button') === null"
        )
        alarms = (await scene.installation.get("/api/v1/alarms", neuron=scene.ids["alarm"]))["items"]
        assert [alarm["state"] for alarm in alarms] == ["active_acked"]
        assert browser.complaints == []


async def test_filters_count_and_show_the_same_neurons(scene: Scene, tmp_path: Path) -> None:
    shown = "[...document.querySelectorAll('.neuron:not(.hidden)')].map((n) => n.dataset.id).sort()"
    async with scene.opened(tmp_path) as browser:
        await browser.run(
            "{ const kind = document.querySelector('[name=kind]'); kind.value = 'water_quality';"
            " kind.dispatchEvent(new Event('change')) }"
        )
        neurons = (await scene.installation.get("/api/v1/neurons", kind="water_quality"))["items"]
        assert await browser.run(shown) == sorted(one["id"] for one in neurons)
        assert await browser.run("document.getElementById('figure-neurons').textContent") == str(len(neurons))
        await browser.run("document.querySelector('#legend button[data-state=silent]').click()")
        assert await browser.run(shown) == [scene.ids["silent"]]


async def test_language_is_the_browsers_until_somebody_chooses(scene: Scene, tmp_path: Path) -> None:
    async with scene.opened(tmp_path, language="zh-CN") as browser:
        assert await browser.run("document.documentElement.lang") == "zh-CN"
        assert await browser.run("document.querySelector('#attention h2').textContent.startsWith('需要关注')")
        assert "城桥" in await browser.run("document.querySelector('.towns').textContent")
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['fresh']}\"]').focus()")
        await browser.until("document.querySelector('.streams')?.textContent.includes('水温')")
        await browser.run("document.querySelector('.language').click()")
        await browser.until(f"document.documentElement?.lang === 'en' && {READY}")
        assert "Chengqiao" in await browser.run("document.querySelector('.towns').textContent")
        await browser.until("document.querySelector('.streams')?.textContent.includes('water temperature')")
        await browser.ask("Page.reload")
        await browser.until(f"document.documentElement?.lang === 'en' && {READY}")


CUT_OFF = """(() => {
  const seen = document.querySelector('#map svg, svg#map').getBoundingClientRect();
  return [...document.querySelectorAll('.towns text')].filter((name) => {
    const box = name.getBoundingClientRect();
    return box.left < seen.left || box.right > seen.right;
  }).map((name) => name.textContent);
})()"""


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
async def test_no_town_is_cut_off_on_a_telephone(scene: Scene, tmp_path: Path, language: str) -> None:
    async with scene.opened(tmp_path, language=language, width=390, height=844) as browser:
        assert await browser.run("document.querySelectorAll('.towns text').length") == 18
        await browser.picture(tmp_path / "telephone.png")
        assert await browser.run(CUT_OFF) == []


async def test_without_a_session_it_says_how_to_get_one(scene: Scene, tmp_path: Path) -> None:
    async with Browser(tmp_path) as browser:
        await browser.go(f"{scene.base}/")
        await browser.until("document.getElementById('gate')?.hidden === false")
        text = await browser.run("document.getElementById('gate').textContent")
        assert "yingzhou up" in text
        assert f"{scene.base}/login?ticket=" in text
        assert await browser.run("document.querySelectorAll('.neuron').length") == 0


async def test_lost_cloud_is_said_and_comes_back(scene: Scene, tmp_path: Path) -> None:
    async with scene.opened(tmp_path) as browser:
        neurons = await browser.run("document.querySelectorAll('.neuron').length")
        assert await browser.run("document.getElementById('banner').hidden")
        scene.installation.cloud.kill()
        await browser.until("!document.getElementById('banner').hidden")
        text = await browser.run("document.getElementById('banner').textContent")
        assert text.startswith("Connection lost · last update ")
        assert await browser.run("document.querySelectorAll('.neuron').length") == neurons
        await scene.installation.start_cloud()
        await browser.until("document.getElementById('banner').hidden")
        await scene.write("fresh", 22.5)
        await browser.run(f"document.querySelector('[data-id=\"{scene.ids['fresh']}\"]').focus()")
        await browser.until("document.querySelector('.streams')?.textContent.includes('22.5 °C')")
