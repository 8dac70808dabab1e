from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.geo.towns import Place
from cloud.registry import twins
from cloud.registry.categories import CATEGORIES, OTHER, category_of
from cloud.registry.database import Database
from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.schema import TWIN_SERIAL
from cloud.registry.selection import BoundingBox, Selection, Site
from cloud.registry.twins import Twin
from protocols.vocabulary import TwinId


def streetlight(code: TwinId, town: str = "310151101", lon: float = 121.4, lat: float = 31.6) -> Twin:
    return Twin(code, "streetlight", "lamp", Site(Place(town), lon, lat), {"height_m": 8})


def test_mints_without_gaps_or_doubles_under_concurrent_requests(database: Database) -> None:
    def fifty(_: int) -> list[int]:
        serials = []
        for _n in range(50):
            with database.begin() as tx:
                twin = twins.add(tx, streetlight(twins.mint(tx, "310151", "0118")), 1)
            serials.append(int(twin.id.code[10:]))
        return serials

    with ThreadPoolExecutor(8) as pool:
        found = [serial for part in pool.map(fifty, range(8)) for serial in part]
    assert sorted(found) == list(range(1, 401))


def test_rolled_back_serial_is_given_again(database: Database) -> None:
    with pytest.raises(Invalid), database.begin() as tx:  # noqa: PT012 - what fails later undoes what was minted
        twins.mint(tx, "310151", "0118")
        twins.mint(tx, "310151", "wrong")
    with database.begin() as tx:
        assert twins.mint(tx, "310151", "0118").code == "3101510118000001"


def test_minting_steps_over_adopted_codes(database: Database) -> None:
    with database.begin() as tx:
        for serial in (1, 2, 4):
            twins.add(tx, streetlight(TwinId.compose("310151", "0118", serial)), 1)
    minted = []
    for _ in range(3):
        with database.begin() as tx:
            minted.append(twins.add(tx, streetlight(twins.mint(tx, "310151", "0118")), 1).id.code[10:])
    assert minted == ["000003", "000005", "000006"]


def test_minting_walks_over_a_long_adopted_ledger(database: Database) -> None:
    with database.begin() as tx:
        for serial in range(1, 1002):
            twins.add(tx, streetlight(TwinId.compose("310151", "0118", serial)), 1)
        assert twins.mint(tx, "310151", "0118").code[10:] == "001002"


def test_full_category_is_refused(database: Database) -> None:
    with database.begin() as tx:
        tx.execute(TWIN_SERIAL.insert().values(prefix="3101510118", next=999_999))
        assert twins.add(tx, streetlight(twins.mint(tx, "310151", "0118")), 1).id.code[10:] == "999999"
        with pytest.raises(Invalid, match="all serials"):
            twins.mint(tx, "310151", "0118")


def test_wrong_category_is_refused(database: Database) -> None:
    with database.begin() as tx, pytest.raises(Invalid):
        twins.mint(tx, "310151", "١١١١")


def test_adopted_code_is_kept_and_not_taken_twice(database: Database) -> None:
    code = TwinId.from_code("3205080101000001")
    with database.begin() as tx:
        added = twins.add(tx, streetlight(code), 5)
    assert (added.id, added.created_ms, added.attributes) == (code, 5, {"height_m": 8})
    with pytest.raises(Conflict), database.begin() as tx:
        twins.add(tx, streetlight(code), 6)


def test_pages_filters_and_scope(database: Database) -> None:
    with database.begin() as tx:
        for serial in range(1, 8):
            town = "310151101" if serial % 2 else "310151102"
            twins.add(tx, streetlight(TwinId.compose("310151", "0118", serial), town, 121.0 + serial / 10), 1)
    with database.read() as tx:
        first = twins.page(tx, Selection(), 4)
        second = twins.page(tx, Selection(), 4, first.after)
        assert [t.id.code[-1] for t in first.items + second.items] == list("1234567")
        assert second.after is None
        scoped = Selection(scope=frozenset({"310151102"}))
        assert [t.id.code[-1] for t in twins.page(tx, scoped, 10).items] == list("246")
        box = Selection(box=BoundingBox(121.15, 31, 121.45, 32))
        assert [t.id.code[-1] for t in twins.page(tx, box, 10).items] == list("234")
        assert twins.page(tx, Selection(kind="sluice"), 10).items == []
        with pytest.raises(NotFound):
            twins.get(tx, TwinId.compose("310151", "0118", 1), frozenset({"310151102"}))


def test_categories_have_four_digits() -> None:
    assert all(len(category) == 4 and category.isdigit() for category in CATEGORIES.values())
    assert category_of("streetlight") == "0118"
    assert category_of("flying_saucer") == OTHER
