"""What is told of drawn scenes whose truth is known."""

import numpy as np
import pytest

from edge.cameras.background import WARM_UP
from protocols.vocabulary import OBSERVED_PROPERTIES
from tests.edge.cameras.drawn import Watcher, bird, jpeg, person, wetland

PEOPLE, BIRDS = ("object_count", "people"), ("object_count", "birds")


def test_nothing_is_said_of_movement_before_the_background_is_known() -> None:
    watcher = Watcher(wetland(people=1, birds=3))
    for _ in range(WARM_UP):
        study = watcher.look()
        assert set(study.values) == {("image_brightness", ""), ("image_sharpness", "")}
    assert ("motion_share", "") in watcher.look().values


def test_every_value_is_a_property_of_the_vocabulary_within_its_range() -> None:
    watcher = Watcher(wetland(people=1, birds=3))
    watcher.look(WARM_UP)
    study = watcher.look()
    assert len(study.values) == 7
    for (observed, channel), value in study.values.items():
        known = OBSERVED_PROPERTIES[observed]
        assert known.low <= value <= known.high, (observed, channel)


@pytest.mark.parametrize(("birds", "people"), [(0, 0), (1, 0), (4, 0), (0, 1), (0, 3), (3, 2)])
def test_as_many_are_counted_as_there_are(birds: int, people: int) -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 1)
    watcher.scene.actors += [bird(0.05, 0.55 + 0.1 * n, 0.40 + 0.05 * (n % 2)) for n in range(birds)]
    watcher.scene.actors += [person(0.25, 0.12 + 0.16 * n) for n in range(people)]
    study = watcher.look()
    assert (study.values[BIRDS], study.values[PEOPLE]) == (birds, people)


def test_sizes_are_the_configurations() -> None:
    sizes = {"bird_min": 0.015, "bird_max": 0.2, "person_min": 0.3, "person_max": 0.9}
    watcher = Watcher(wetland(), sizes=sizes)
    watcher.look(WARM_UP + 1)
    watcher.scene.actors += [person(0.15, 0.5), person(0.5, 0.2), bird(0.25, 0.8)]
    study = watcher.look()
    assert (study.values[BIRDS], study.values[PEOPLE]) == (1, 1)  # of 0.25 is neither


def test_motion_is_the_share_of_what_is_drawn_anew() -> None:
    watcher = Watcher(wetland())
    still = watcher.look(WARM_UP + 1).values["motion_share", ""]
    before = watcher.scene.draw(watcher.time_ms).astype(int)
    watcher.scene.actors.append(person(0.3, 0.7))
    truth = 100 * (np.abs(watcher.scene.draw(watcher.time_ms).astype(int) - before).max(axis=2) > 25).mean()
    assert still < 0.1
    assert watcher.look().values["motion_share", ""] == pytest.approx(truth, rel=0.2)


def test_a_cloud_before_the_sun_is_no_motion() -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 3)
    watcher.scene.weather.daylight = 0.85
    assert watcher.look().values["motion_share", ""] < 2


def test_brightness_and_dark() -> None:
    watcher = Watcher(wetland(people=1), send=frozenset({"people", "dark"}))
    day = watcher.look(WARM_UP + 1).values["image_brightness", ""]
    assert day == pytest.approx(watcher.scene.draw(watcher.time_ms).mean() / 2.55, rel=0.05)
    watcher.scene.weather.daylight = 0.0
    first, second = watcher.look(), watcher.look()
    assert first.happenings == ()
    assert [(one.kind, one.data["active"]) for one in second.happenings] == [("camera.dark", True)]
    assert set(second.values) == {("image_brightness", ""), ("image_sharpness", "")}
    assert second.values["image_brightness", ""] < 4
    assert second.occasions == ("dark",)
    watcher.scene.weather.daylight = 1.0
    ended = [one for _ in range(3) for one in watcher.look().happenings]
    assert [(one.kind, one.data["active"]) for one in ended] == [("camera.dark", False)]


def test_dirt_on_the_lens_occludes_and_is_said_once() -> None:
    watcher = Watcher(wetland(), send=frozenset({"occluded"}))
    clean = watcher.look(10)
    assert clean.values["image_occlusion", ""] < 5
    watcher.scene.weather.dirt = 0.35
    assert 5 < watcher.look().values["image_occlusion", ""] < 40
    watcher.scene.weather.dirt = 0.8
    told = [(study.happenings, study.occasions) for study in (watcher.look() for _ in range(6))]
    begun = [one for happenings, _ in told for one in happenings]
    assert [(one.kind, one.data["active"]) for one in begun] == [("camera.occluded", True)]
    assert [occasions for _, occasions in told if occasions] == [("occluded",)]
    watcher.scene.weather.dirt = 0.0
    assert [one.data["active"] for _ in range(4) for one in watcher.look().happenings] == [False]


def test_fog_takes_sharpness_and_structure() -> None:
    watcher = Watcher(wetland())
    clear = watcher.look(10)
    watcher.scene.weather.fog = 0.8
    foggy = watcher.look()
    assert foggy.values["image_sharpness", ""] < 0.1 * clear.values["image_sharpness", ""]
    assert foggy.values["image_occlusion", ""] > 80


@pytest.mark.parametrize("turned", [(24, 0), (-20, 0), (0, 22), (16, -12), (44, 40)])
def test_a_turned_camera_is_noticed_and_by_how_much(turned: tuple[int, int]) -> None:
    watcher = Watcher(wetland(birds=2, people=1), send=frozenset({"shifted"}))
    assert watcher.look(8).values["scene_shift", ""] < 0.6
    watcher.scene.weather.turned = turned
    first, second = watcher.look(), watcher.look()
    assert first.values["scene_shift", ""] == pytest.approx(100 * np.hypot(*turned) / 720, abs=0.6)
    assert first.happenings == ()
    assert [(one.kind, one.data["active"]) for one in second.happenings] == [("camera.shifted", True)]
    assert second.occasions == ("shifted",)
    later = watcher.look(WARM_UP + 2)
    assert later.values["scene_shift", ""] < 0.6  # that is the scene now
    assert watcher.analyst.relearned == 1


def test_a_turned_camera_is_noticed_although_zones_stay_where_they_are() -> None:
    zones = (((0.0, 0.0), (0.35, 0.0), (0.35, 0.6), (0.0, 0.6)), ((0.6, 0.75), (1.0, 0.75), (1.0, 1.0), (0.6, 1.0)))
    watcher = Watcher(wetland(), zones=zones)
    watcher.look(8)
    watcher.scene.weather.turned = (25, 10)
    assert watcher.look().values["scene_shift", ""] == pytest.approx(100 * np.hypot(25, 10) / 720, abs=0.6)


def test_an_occasion_does_not_send_more_often_than_its_gap() -> None:
    watcher = Watcher(wetland(), send=frozenset({"birds"}), send_gap_s=180.0)
    watcher.look(WARM_UP + 1)
    watcher.scene.actors.append(bird(0.05, 0.6))
    assert [watcher.look().occasions for _ in range(7)] == [("birds",), (), (), ("birds",), (), (), ("birds",)]


def test_pictures_nobody_wants_are_not_even_made() -> None:
    watcher = Watcher(wetland(people=1))
    assert watcher.look(WARM_UP + 3).picture is None
    assert watcher.look(asked=True).occasions == ("asked",)


def test_some_are_kept_unsent() -> None:
    watcher = Watcher(wetland(), keep_every_s=120.0)
    studies = [watcher.look() for _ in range(5)]
    assert [study.picture is not None for study in studies] == [True, False, True, False, True]
    assert all(study.occasions == () for study in studies)


def test_a_scene_that_is_another_one_is_learned_anew() -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 2)
    watcher.scene = wetland(seed=8)
    watcher.scene._still[:] = watcher.scene._still[::-1].copy()
    assert "object_count" not in {observed for observed, _ in watcher.look().values}
    watcher.look(7 + WARM_UP)
    assert watcher.look().values["motion_share", ""] < 2
    assert watcher.analyst.relearned == 1


def test_a_camera_may_change_its_resolution() -> None:
    watcher = Watcher(wetland())
    watcher.look(WARM_UP + 1)
    half = watcher.scene.draw(watcher.time_ms)[::2, ::2]
    study = watcher.analyst.study(jpeg(half), 1e9)
    assert study.size == (640, 360)
    assert ("motion_share", "") not in study.values
