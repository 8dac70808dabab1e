"""What leaves: zones are really black, and people are not to be recognised."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from edge.cameras.background import WARM_UP
from edge.cameras.frame import BLOCK, Zones, develop
from edge.cameras.redaction import LEAST_SQUARE, WHOLE_SQUARES
from protocols.vocabulary import ProtocolError
from simulators.devices.wetland import HEIGHT, WIDTH, Picture
from tests.edge.cameras.drawn import MINUTE, T0, Watcher, bird, camera, jpeg, person, pixels, wetland

ZONE = ((0.12, 0.33), (0.41, 0.28), (0.47, 0.83), (0.22, 0.9))


def inside(zone: tuple[tuple[float, float], ...], size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """The pixels whose middle lies in the polygon, by the even-odd rule: not how the product does it."""
    width, height = size
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    result = np.zeros((height, width), bool)
    for (x1, y1), (x2, y2) in zip(zone, zone[1:] + zone[:1], strict=True):
        crosses = (y1 > y) != (y2 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            result ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return result


def test_the_zone_is_black_before_anything_is_looked_at() -> None:
    frame = develop(jpeg(wetland(people=2).draw(T0)), Zones((ZONE,)))
    assert (frame.pixels[inside(ZONE)] == 0).all()
    assert (frame.pixels[~Zones((ZONE,)).mask(WIDTH, HEIGHT)] > 0).mean() > 0.9
    small = frame.small.shape[:2]
    assert frame.hidden[inside(ZONE, (small[1], small[0]))].all()
    assert (frame.small[frame.hidden].max(axis=0) < 256).all()


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"subsampling": 2, "progressive": True}, {"quality": 30}])
def test_two_snapshots_that_differ_in_a_zone_alone_are_the_same_picture_and_the_same_readings(
    options: dict[str, int],
) -> None:
    """The strongest form of black: nothing of a zone reaches any byte that is kept, sent or told."""
    one, other = Watcher(wetland(), zones=(ZONE,)), Watcher(wetland(), zones=(ZONE,))
    where = inside(ZONE)
    random = np.random.default_rng(3)
    for number in range(WARM_UP + 3):
        scene = one.scene.draw(T0 + number * MINUTE)
        secret = scene.copy()
        secret[where] = random.integers(0, 256, (where.sum(), 3), np.uint8)
        if number == WARM_UP + 1:
            for watcher in (one, other):
                watcher.scene.actors.append(person(0.25, 0.8))
        a = one.analyst.study(jpeg(scene, **options), number * 60.0, asked=True)
        b = other.analyst.study(jpeg(secret, **options), number * 60.0, asked=True)
        assert a == b
        assert a.picture is not None
        assert np.abs(pixels(a.picture)[where].astype(int)).max() == 0


@pytest.mark.parametrize("size", [(1280, 720), (1279, 719), (333, 201), (2560, 1440), (3840, 2160)])
def test_zones_fit_whatever_size_the_pictures_have(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (size[1], size[0], 3), np.uint8)
    frame = develop(jpeg(noise), Zones((ZONE,)))
    height, width = frame.pixels.shape[:2]
    assert (frame.pixels[inside(ZONE, (width, height))] == 0).all()
    assert frame.pixels[0, 0].any()
    secret = noise.copy()
    secret[inside(ZONE, size)] = 255
    assert (develop(jpeg(secret), Zones((ZONE,))).pixels == frame.pixels).all()


def test_a_zone_may_be_a_corner_or_everything() -> None:
    corner = Zones((((0.0, 0.0), (0.01, 0.0), (0.0, 0.01)),)).mask(320, 192)
    assert corner[:BLOCK, :BLOCK].all()
    assert not corner[3 * BLOCK :].any()
    everything = Watcher(wetland(), zones=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),))
    study = everything.look(WARM_UP + 2, asked=True)
    assert study.values["image_brightness", ""] == 0
    assert study.picture is not None
    assert not pixels(study.picture).any()


def faces(scene: Picture, people: list[tuple[float, float, float]]) -> list[Picture]:
    """What is around the heads: (height, x, level) of each person."""
    found = []
    for height, x, level in people:
        middle_y, middle_x, half = (level - 0.92 * height) * HEIGHT, x * WIDTH, 0.1 * height * HEIGHT
        rows = slice(max(0, int(middle_y - half)), int(middle_y + half))
        found.append(scene[rows, max(0, int(middle_x - half)) : int(middle_x + half)])
    return found


def detail(patch: Picture) -> float:
    """How much changes from pixel to pixel, in grey levels."""
    grey = patch.mean(axis=2)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


@pytest.mark.parametrize("height", [0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_person_is_a_few_squares(height: float) -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 2)
    people = [(height, x, 0.95) for x in (0.2, 0.55, 0.85)]
    watcher.scene.actors += [person(*one) for one in people]
    study = watcher.look(asked=True)
    original, left = watcher.scene.draw(watcher.time_ms), pixels(study.picture or b"")
    assert (left.shape, study.occasions) == (original.shape, ("asked",))
    for before, after in zip(faces(original, people), faces(left, people), strict=True):
        assert detail(before) > 4
        assert detail(after) < 0.35 * detail(before)
        assert len(np.unique(after.reshape(-1, 3) // 32, axis=0)) <= 12
    if height <= 0.3:
        elsewhere = np.s_[: int(0.1 * HEIGHT)]
        assert detail(left[elsewhere]) > 0.2 * detail(original[elsewhere])


def test_two_people_who_differ_in_their_faces_alone_leave_as_good_as_the_same_picture() -> None:
    """A face is averaged to one square: what is left of it is a colour."""
    pictures = []
    for eyes in (True, False):
        watcher = Watcher(wetland())
        watcher.look(WARM_UP + 2)
        watcher.scene.actors.append(person(0.3, 0.5))
        scene = watcher.scene.draw(watcher.time_ms + MINUTE)
        if not eyes:
            y, x, half = int((0.92 - 0.92 * 0.3) * HEIGHT), WIDTH // 2, int(0.05 * 0.3 * HEIGHT)
            scene[y - half : y + half, x - half : x + half] = scene[y - half, x]
        study = watcher.analyst.study(jpeg(scene), watcher.time_ms / 1000 + 60, asked=True)
        pictures.append(pixels(study.picture or b"").astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 24


def test_nothing_of_a_person_in_parts_is_left() -> None:
    """Head and legs are seen, the body has the colour of the bank: they are still one person."""
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 2)
    scene = watcher.scene.draw(watcher.time_ms + MINUTE)
    marked = scene.copy()
    marked[400:440, 600:630] = 250  # 40 pixels: a bird by its size
    marked[400:440:4, 600:630] = 10
    marked[490:560, 600:632] = 20
    study = watcher.analyst.study(jpeg(marked), watcher.time_ms / 1000 + 60, asked=True)
    assert detail(pixels(study.picture or b"")[400:440, 600:630]) < 0.2 * detail(marked[400:440, 600:630])


def test_birds_stay_as_they_are() -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 2)
    watcher.scene.actors += [bird(0.05, 0.6), bird(0.04, 0.9)]
    study = watcher.look(asked=True)
    original, left = watcher.scene.draw(watcher.time_ms).astype(int), pixels(study.picture or b"").astype(int)
    assert np.abs(original - left).mean() < 6


@pytest.mark.parametrize("why", ["first pictures", "dark", "turned", "uproar"])
def test_when_it_is_not_known_what_moves_the_whole_picture_is_coarse(why: str) -> None:
    watcher = Watcher(wetland(people=3))
    if why != "first pictures":
        watcher.look(WARM_UP + 2)
    if why == "dark":
        watcher.scene.weather.daylight = 0.02
    elif why == "turned":
        watcher.scene.weather.turned = (30, 20)
    elif why == "uproar":
        watcher.scene._still[:] = watcher.scene._still[::-1].copy()
    study = watcher.look(asked=True)
    assert fine(pixels(study.picture or b"")) < 0.3 * fine(watcher.scene.draw(watcher.time_ms))


def fine(picture: Picture) -> float:
    """How much there is within squares."""
    side = max(LEAST_SQUARE, HEIGHT // WHOLE_SQUARES)
    down, across = HEIGHT // side, WIDTH // side
    squares = picture[: down * side, : across * side].reshape(down, side, across, side, 3)
    return float(squares.std(axis=(1, 3)).mean())


def test_who_stands_there_from_the_first_picture_on_leaves_with_a_coarse_picture() -> None:
    watcher = Watcher(wetland(), settle_s=600)
    watcher.scene.actors.append(person(0.3, 0.6))
    watcher.look(WARM_UP)
    for _ in range(10):
        study = watcher.look(asked=True)
        assert fine(pixels(study.picture or b"")) < 0.3 * fine(watcher.scene.draw(watcher.time_ms))
    watcher.scene.actors.clear()
    study = watcher.look(asked=True)
    assert fine(pixels(study.picture or b"")) > 0.6 * fine(watcher.scene.draw(watcher.time_ms))


def test_where_people_sit_for_hours_all_pictures_are_coarse() -> None:
    watcher = Watcher(wetland(people=2), redact="all")
    watcher.look(WARM_UP + 2)
    study = watcher.look(asked=True)
    assert fine(pixels(study.picture or b"")) < 0.3 * fine(watcher.scene.draw(watcher.time_ms))


@pytest.mark.parametrize("size", [(60, 640), (64, 330), (2000, 64), (5000, 4500)])
def test_sizes_that_no_camera_has_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError, match="no camera's"):
        develop(jpeg(np.zeros((size[1], size[0], 3), np.uint8)), Zones(()))


@pytest.mark.parametrize("size", [(64, 320), (320, 64), (2000, 8000), (8000, 2000)])
def test_long_pictures_cost_no_more_than_others(size: tuple[int, int]) -> None:
    frame = develop(jpeg(np.zeros((size[1], size[0], 3), np.uint8)), Zones(()))
    assert frame.small.size <= 3 * 512 * 320 * 5
    assert frame.pixels.size <= 3 * 5_000_000


def test_nothing_but_pixels_is_in_the_file() -> None:
    """No EXIF with place and serial number, no preview of what was there before."""
    scene = Image.fromarray(wetland().draw(T0))
    exif = Image.Exif()
    exif[0x010E] = "secret garden"
    exif.get_ifd(0x8825)[1] = "N"
    file = BytesIO()
    scene.save(file, "JPEG", exif=exif, comment="secret garden")
    watcher = Watcher(wetland())
    study = watcher.analyst.study(file.getvalue(), 0.0, asked=True)
    assert study.picture is not None
    assert b"secret" in file.getvalue()
    assert b"secret" not in study.picture
    with Image.open(BytesIO(study.picture)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def truncated() -> bytes:
    return jpeg(wetland().draw(T0))[:20_000]


def huge() -> bytes:
    file = jpeg(np.zeros((64, 64, 3), np.uint8))
    at = file.index(b"\xff\xc0") + 5
    return file[:at] + b"\xff\xff\xff\xff" + file[at + 4 :]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8\xff", b"<html>no</html>", b"\xff\xd8\xff" + bytes(1000), truncated(), huge(),
     jpeg(np.zeros((10, 10, 3), np.uint8))],
    ids=["empty", "begin", "html", "zeros", "truncated", "huge", "tiny"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    watcher = Watcher(wetland())
    with pytest.raises(ProtocolError):
        watcher.analyst.study(data, 0.0)


def test_other_formats_are_not_even_tried() -> None:
    file = BytesIO()
    Image.fromarray(np.zeros((100, 100, 3), np.uint8)).save(file, "PNG")
    with pytest.raises(ProtocolError, match="no JPEG"):
        develop(file.getvalue(), Zones(()))


def test_grey_and_cmyk_pictures_are_read() -> None:
    grey = Image.fromarray(wetland().draw(T0)).convert("L")
    for mode in ("L", "CMYK"):
        file = BytesIO()
        grey.convert(mode).save(file, "JPEG")
        assert develop(file.getvalue(), Zones(())).pixels.shape == (720, 1280, 3)


def test_the_configuration_says_what_is_no_zone() -> None:
    assert camera(zones=(ZONE,)).zones == (ZONE,)
    for wrong in (((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.1, 0.0), (0.0, 1.0))):
        with pytest.raises(ValueError, match="zones"):
            camera(zones=(wrong,))
