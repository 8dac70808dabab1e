"""CPU and memory that a picture costs a gateway: decode, look, redact, encode."""

import argparse
import json
import resource
import time
from io import BytesIO

import numpy as np
from PIL import Image

from edge.cameras.analyst import Analyst
from edge.cameras.config import Camera
from simulators.devices.wetland import Wetland
from simulators.environment import Site

T0 = 1_767_225_600_000
SIZES = ((1280, 720), (1920, 1080), (3840, 2160))


def snapshots(width: int, height: int, count: int) -> list[bytes]:
    scene = Wetland(7, Site("bench"), birds=3, people=1)
    scene.weather.daylight = 1.0
    files = []
    for number in range(count):
        image = Image.fromarray(scene.draw(T0 + 17_000 * number)).resize((width, height))
        file = BytesIO()
        image.save(file, "JPEG", quality=85)
        files.append(file.getvalue())
    return files


def measured(files: list[bytes], *, asked: bool) -> float:
    """Milliseconds of CPU for one picture, the median."""
    camera = Camera.model_validate(
        {"neuron": "serial:bench", "url": "http://bench/", "zones": (((0.0, 0.0), (0.3, 0.0), (0.3, 0.2)),)}
    )
    analyst = Analyst(camera)
    spent = []
    for number, file in enumerate(files):
        began = time.process_time()
        analyst.study(file, float(number), asked=asked)
        spent.append(1000 * (time.process_time() - began))
    return float(np.median(spent[6:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pictures", type=int, default=40)
    options = parser.parse_args()
    figures: dict[str, float] = {}
    print(f"{'size':>10} {'kB':>6} {'look, ms':>10} {'and keep, ms':>13}")
    for width, height in SIZES:
        files = snapshots(width, height, options.pictures)
        look, keep = measured(files, asked=False), measured(files, asked=True)
        figures |= {f"look_ms_{width}": round(look, 1), f"keep_ms_{width}": round(keep, 1)}
        print(f"{width}x{height:<5} {len(files[0]) / 1000:6.0f} {look:10.1f} {keep:13.1f}")
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(f"peak memory {figures['rss_mb']:.0f} MB, with the scene and the snapshots of this benchmark")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
