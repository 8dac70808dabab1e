"""Picture files: grown in pieces, checked, bounded, deleted in time."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.geo.towns import Place
from cloud.pictures.files import MAX_PARTS, PART_AGE_MS, NotThePicture, PictureFiles, Progress, Upload
from cloud.registry import gateways, neurons, pictures
from cloud.registry.database import Database
from cloud.registry.neurons import Neuron
from cloud.registry.pictures import Filters
from cloud.registry.selection import Site
from protocols.vocabulary import LinkDown, ManualClock
from tests.cloud.registry.place import registry_url

NOW = 1_767_225_600_000
DAY = 86_400_000


def picture(number: int, size: int = 5000) -> bytes:
    return b"\xff\xd8\xff" + bytes([number % 251]) * (size - 5) + b"\xff\xd9"


class Depot:
    def __init__(self, folder: Path, *, max_bytes: int = 100_000) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW)
        self.database = Database(registry_url(folder))
        self.max_bytes = max_bytes
        self.files = self.opened()

    def opened(self) -> PictureFiles:
        return PictureFiles(
            self.folder / "pictures", self.database, self.clock, max_bytes=self.max_bytes, max_age_ms=30 * DAY
        )

    def restart(self) -> None:
        self.files = self.opened()
        self.files.open()

    def upload(self, whole: bytes, *, neuron: int = 0, gateway: str = "gw-1", time_ms: int = NOW) -> Upload:
        return Upload(gateway, self.neurons[neuron], sha256(whole).hexdigest(), time_ms, len(whole))

    def bring(self, whole: bytes, **options: object) -> Progress:
        return self.files.take(self.upload(whole, **options), 0, whole)

    @property
    def listed(self) -> list[str]:
        with self.database.read() as tx:
            return [one.picture.sha256 for one in pictures.page(tx, Filters(), 1000).items]

    @property
    def on_disk(self) -> set[str]:
        return {path.stem for path in (self.folder / "pictures").glob("??/*.jpg")}


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[Depot]:
    depot = Depot(tmp_path)
    with depot.database:
        with depot.database.begin() as tx:
            gateways.add(tx, "gw-1", "", 1)
            site = Site(Place("310151101"))
            depot.neurons = [
                neurons.add(tx, Neuron("", "camera", "", "gw-1", site, {}, ()), (), 1).id for _ in range(2)
            ]
        depot.files.open()
        yield depot


def test_a_picture_in_pieces(depot: Depot) -> None:
    whole = picture(1)
    one = depot.upload(whole)
    assert depot.files.ask(one) == Progress(0)
    assert depot.files.take(one, 0, whole[:2000]) == Progress(2000)
    assert depot.files.ask(one) == Progress(2000)
    assert depot.files.take(one, 2000, whole[2000:]) == Progress(5000, complete=True, fresh=True)
    assert depot.files.ask(one) == Progress(5000, complete=True)
    assert depot.files.read(one.sha256) == whole
    assert depot.listed == [one.sha256]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_order_of_pieces_restarts_and_repeats_ends_with_the_picture(depot: Depot, data: st.DataObject) -> None:
    whole = picture(data.draw(st.integers(0, 10**9)), 700) + b""
    whole = whole[:3] + data.draw(st.binary(min_size=600, max_size=600)) + whole[-2:]
    one = depot.upload(whole)
    for _ in range(data.draw(st.integers(0, 12))):
        begin = data.draw(st.integers(0, len(whole) - 1))
        end = data.draw(st.integers(begin + 1, len(whole)))
        before = depot.files.ask(one)
        after = depot.files.take(one, begin, whole[begin:end])
        if not before.complete:
            assert after.fits == (begin == before.have)
            assert after.have == (end if after.fits else before.have)
        if data.draw(st.booleans()):
            depot.restart()
    progress = depot.files.ask(one)
    if not progress.complete:
        assert depot.files.take(one, progress.have, whole[progress.have :]).complete
    assert depot.files.read(one.sha256) == whole


def test_what_was_written_in_part_before_a_kill_is_gone_on_with(depot: Depot) -> None:
    whole = picture(1)
    one = depot.upload(whole)
    depot.files.take(one, 0, whole[:2000])
    with (depot.folder / "pictures/parts" / one.name).open("ab") as file:
        file.write(whole[2000:2300])
    depot.restart()
    assert depot.files.ask(one) == Progress(2300)
    assert depot.files.take(one, 2300, whole[2300:]).complete


def test_damage_of_a_part_is_noticed_at_the_end_and_it_begins_again(depot: Depot) -> None:
    whole = picture(1)
    one = depot.upload(whole)
    depot.files.take(one, 0, whole[:2000])
    (depot.folder / "pictures/parts" / one.name).write_bytes(bytes(2000))
    with pytest.raises(NotThePicture, match="hash"):
        depot.files.take(one, 2000, whole[2000:])
    assert depot.files.ask(one) == Progress(0)
    assert depot.bring(whole).complete
    assert depot.files.counts["wrong_hash"] == 1


def test_what_is_no_jpeg_is_refused_although_its_hash_is_right(depot: Depot) -> None:
    for whole in (b"<html>" * 100, picture(1)[:-1], b"\x89PNG" + bytes(200)):
        with pytest.raises(NotThePicture, match="no JPEG"):
            depot.bring(whole)
    assert depot.listed == []
    assert depot.on_disk == set()


def test_the_oldest_arrivals_go(depot: Depot) -> None:
    many = [picture(n) for n in range(20)]  # 5000 bytes take two blocks of the disk: 12 fit
    for whole in many:
        depot.bring(whole)
    kept = [sha256(whole).hexdigest() for whole in many[-12:]]
    assert depot.listed == kept[::-1]
    assert depot.on_disk == set(kept)
    with depot.database.read() as tx:
        assert pictures.totals(tx) == (12, 12 * 8192, 8, 0)


def test_a_day_comes_on_which_a_picture_goes(depot: Depot) -> None:
    old, young = picture(1), picture(2)
    depot.bring(old, time_ms=NOW - 20 * DAY)
    depot.bring(young)
    depot.clock.advance(11 * 86_400)
    depot.files.sweep()
    assert depot.on_disk == {sha256(young).hexdigest()} == set(depot.listed)
    depot.clock.advance(30 * 86_400)
    depot.files.sweep()
    assert depot.on_disk == set(depot.listed) == set()


def test_many_old_pictures_go_at_once_and_shared_files_last(depot: Depot) -> None:
    depot.files = PictureFiles(
        depot.folder / "pictures", depot.database, depot.clock, max_bytes=10**9, max_age_ms=30 * DAY
    )
    depot.files.open()
    whole = picture(1)
    for number in range(450):  # a camera that stands still gives the same bytes again and again
        depot.bring(whole, time_ms=NOW - 20 * DAY + number)
    depot.bring(whole, time_ms=NOW)
    assert (len(depot.listed), len(depot.on_disk)) == (451, 1)
    depot.clock.advance(11 * 86_400)
    depot.files.sweep()
    assert (len(depot.listed), len(depot.on_disk)) == (1, 1)


def test_by_a_hash_alone_nobody_gets_hold_of_a_picture(depot: Depot) -> None:
    """Another camera's gateway must bring all bytes, although the file is there."""
    whole = picture(1)
    depot.bring(whole)
    other = depot.upload(whole, neuron=1)
    assert depot.files.ask(other) == Progress(0)
    assert depot.files.take(other, 0, whole).fresh
    assert len(depot.listed) == 2


def test_uploads_that_stand_still_make_room(depot: Depot) -> None:
    for number in range(MAX_PARTS + 3):
        depot.clock.advance(1)
        depot.files.take(depot.upload(picture(number)), 0, picture(number)[:1000])
    have = [depot.files.ask(depot.upload(picture(n))).have for n in range(MAX_PARTS + 3)]
    assert have == [0] * 3 + [1000] * MAX_PARTS
    depot.files.take(depot.upload(picture(9), gateway="gw-2"), 0, picture(9)[:1000])
    assert depot.files.counts["parts_dropped"] == 3  # another gateway's are not touched
    depot.clock.advance(PART_AGE_MS / 1000 + 1)
    depot.files.sweep()
    assert list((depot.folder / "pictures/parts").iterdir()) == []


def test_files_that_no_picture_needs_are_deleted_at_the_start(depot: Depot) -> None:
    depot.bring(picture(1))
    stray = depot.folder / "pictures/ab" / ("ab" * 32 + ".jpg")
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(picture(2))
    (depot.folder / "pictures/parts/what.ever").write_bytes(b"?")
    depot.restart()
    assert depot.on_disk == {sha256(picture(1)).hexdigest()}
    assert list((depot.folder / "pictures/parts").iterdir()) == []
    assert depot.files.counts["orphans"] == 1


def test_a_file_that_is_lost_is_brought_again(depot: Depot) -> None:
    depot.bring(picture(1))
    next((depot.folder / "pictures").glob("??/*.jpg")).unlink()
    assert depot.files.read(sha256(picture(1)).hexdigest()) is None
    assert depot.bring(picture(1)).fresh
    assert len(depot.listed) == 1


@pytest.mark.parametrize("which", [1, 2], ids=["the file", "its folder"])
def test_a_disk_that_does_not_take_it_is_said_and_it_goes_on_later(
    depot: Depot, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    calls = []

    def failing(path: Path) -> None:
        calls.append(path)
        if len(calls) == which:
            raise OSError(28, "No space left on device")

    whole, one = picture(1), depot.upload(picture(1))
    depot.files.take(one, 0, whole[:2000])
    monkeypatch.setattr("cloud.pictures.files.to_disk", failing)
    with pytest.raises(LinkDown, match="No space"):
        depot.files.take(one, 2000, whole[2000:])
    assert depot.listed == []
    have = depot.files.ask(one).have
    assert have == (2000 if which == 1 else 0)
    assert depot.files.take(one, have, whole[have:]).complete
    assert depot.files.read(one.sha256) == whole


def test_a_process_killed_before_it_looked_at_the_whole_does_so_when_asked(depot: Depot) -> None:
    whole, one = picture(1), depot.upload(picture(1))
    depot.files.take(one, 0, whole[:2000])
    (depot.folder / "pictures/parts" / one.name).write_bytes(whole)
    depot.restart()
    assert depot.files.ask(one) == Progress(5000, complete=True, fresh=True)
    wrong = depot.upload(picture(2))
    (depot.folder / "pictures/parts" / wrong.name).write_bytes(whole)
    depot.restart()
    with pytest.raises(NotThePicture):
        depot.files.ask(wrong)
    assert depot.files.ask(wrong) == Progress(0)


def test_one_picture_of_ever_other_instants_takes_no_more_rows_than_its_share(depot: Depot) -> None:
    for number in range(40):
        depot.bring(picture(1), time_ms=NOW + number)
    assert len(depot.listed) * 8192 <= depot.max_bytes
    assert depot.on_disk == {sha256(picture(1)).hexdigest()}
