"""Engines that run elsewhere keep the contract of all stores: Debian's VictoriaMetrics and InfluxDB 1.6."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time

import pytest

from cloud.registry.database import Database
from cloud.store import remote_store
from cloud.store.by_url import StoreSettings, open_store
from cloud.store.port import Columns, Store, StoreError
from cloud.store.remote_store import RemoteStore
from protocols.vocabulary import Point
from tests.cloud.store.columns import key
from tests.cloud.store.contract import BASE, NONE, StoreContract, at, told
from tests.peers.engines import Cluster, InfluxDB1, VictoriaMetrics

pytestmark = pytest.mark.peers


def describe(number: int) -> Point | None:
    return Point("nrn-00000000y", "water_level", str(number)) if number % 2 else None


class _OnAnEngine(StoreContract):
    engine: type[VictoriaMetrics] | type[InfluxDB1]
    url: str
    v1 = False

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics | InfluxDB1]:
        server = cls.engine(tmp_path_factory.mktemp("engine"))
        server.start()
        yield server
        server.end()

    @pytest.fixture
    def registry(self, tmp_path: Path) -> Iterator[Database]:
        with Database(f"sqlite:///{tmp_path}/registry.sqlite") as registry:
            yield registry

    @pytest.fixture
    def again(
        self, server: VictoriaMetrics | InfluxDB1, registry: Database, tmp_path: Path
    ) -> Iterator[Callable[[], Store]]:
        settings = StoreSettings(self.url.format(port=server.port), v1=self.v1)
        opened: list[Store] = []

        def open_again() -> Store:
            opened.append(open_store(settings, tmp_path, registry, describe))
            return opened[-1]

        yield open_again
        for store in opened:
            store.close()

    @pytest.fixture
    def store(self, server: VictoriaMetrics | InfluxDB1, again: Callable[[], Store]) -> Store:
        server.empty()
        return again()

    def test_an_engine_that_is_away_is_an_error_and_nothing_is_held(
        self, server: VictoriaMetrics | InfluxDB1, store: Store
    ) -> None:
        server.end()
        for ask in (store.latest, lambda: store.raw([1], BASE, BASE + 9, limit=9)):
            with pytest.raises(StoreError, match=f"127.0.0.1:{server.port}"):
                ask()
        with pytest.raises(StoreError, match=f"127.0.0.1:{server.port}"):
            store.commit(at([(1, 1, 1.0)]), NONE, [key(0)], 1)
        assert store.held() == {}
        server.start()
        assert store.commit(at([(1, 1, 1.0)]), NONE, [key(0)], 1, again=True).stored == 1

    def test_older_envelopes_become_ranges(self, store: RemoteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(remote_store, "RECENT", 5)
        monkeypatch.setattr(remote_store, "FOLD_AT_ONCE", 6)
        store.commit(NONE, NONE, [*map(key, range(30)), *(key(n, gateway="gw-2") for n in range(10))], 1)
        before = store.held()
        steps = 0
        while store.tend(1):
            steps += 1
        assert steps == 4  # 0..5, 6..11, 12..17, 18..23, and the last says that there is no more
        assert store.held() == before
        assert [n for n in range(30) if store.digest("gw-1", 1, 5, n) is not None] == list(range(25, 30))
        assert store.digest("gw-2", 1, 5, 0) == 7
        assert not store.tend(2)

    def test_killed_it_has_what_it_took(self, server: VictoriaMetrics | InfluxDB1, store: Store) -> None:
        for number in range(20):
            rows = [(stream, number * 10 + 1, float(number)) for stream in range(1, 51)]
            store.commit(at(rows), NONE, [key(number)], 1)
        server.end(signal.SIGKILL)
        server.start()
        found = store.raw(range(1, 51), BASE, BASE + 1000, limit=10**6)
        assert len(found) == 1000
        assert {t for _, t, _ in told(found)} == {number * 10 + 1 for number in range(20)}


class TestVictoriaMetrics(_OnAnEngine):
    engine = VictoriaMetrics
    url = "victoriametrics://127.0.0.1:{port}"
    digits = 1e-11

    def test_an_hour_that_is_not_over(self, store: Store) -> None:
        """The engine itself repeats the value before, of what is younger than a minute; its clock is this one."""
        now = round(time() * 1000)
        hour = now - now % 3_600_000
        rows = [(1, hour - 3_600_000 - BASE, 1.0), (1, now - BASE, 5.0)]
        store.commit(at(rows), NONE, [], 1)
        buckets = store.aggregate([1], hour - 7_200_000, hour + 7_200_000, every_ms=3_600_000, aggregate="last")
        assert (buckets.start.tolist(), buckets.value.tolist()) == ([hour - 3_600_000, hour], [1.0, 5.0])
        assert told(store.latest()) == [(1, now - BASE, 5.0)]


class TestInfluxDB(_OnAnEngine):
    engine = InfluxDB1
    url = "influxdb://127.0.0.1:{port}/yingzhou"
    v1 = True

    def test_what_is_older_than_all_it_keeps_holds_nobody_up(
        self, server: InfluxDB1, registry: Database, tmp_path: Path
    ) -> None:
        """Nor does it take others with it: a gateway that was away for long brings readings of both kinds."""
        server.ask("CREATE DATABASE short WITH DURATION 2h")
        settings = StoreSettings(f"influxdb://127.0.0.1:{server.port}/short", v1=True)
        store = open_store(settings, tmp_path, registry, describe)
        now = round(time() * 1000)
        rows = [(number, now - hours * 3_600_000 - BASE, 1.0) for number in (1, 2) for hours in (0, 1, 48, 72)]
        left_out: list[Columns] = []
        report = store.commit(NONE, at(rows), [key(0)], 1, left_out=left_out.append)
        assert (report.stored, report.too_old) == (4, 4)
        old = sorted(row for row in rows if row[1] < now - 10 * 3_600_000 - BASE)
        assert sorted(told(left_out[0])) == old
        assert sorted(told(report.late)) == sorted(set(rows) - set(old))
        assert store.held() == {("gw-1", 1, 5): [(0, 0)]}
        assert len(store.raw([1, 2], now - 96 * 3_600_000, now + 1, limit=99)) == 4
        server.ask("DROP DATABASE short")
        with pytest.raises(StoreError, match="404"):
            store.commit(at([(1, now - BASE, 1.0)]), NONE, [key(1)], 1)
        store.close()


class TestCluster(StoreContract):
    """The URL prefixes of a cluster, by configuration."""

    digits = 1e-11

    @pytest.fixture(scope="class")
    @classmethod
    def cluster(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VictoriaMetrics, Cluster]]:
        single = VictoriaMetrics(tmp_path_factory.mktemp("engine"))
        single.start()
        with Cluster(single) as cluster:
            yield single, cluster
        assert cluster.paths == {"/insert/7/influx", "/select/7/prometheus", "/storage-0"}
        single.end()

    @pytest.fixture
    def again(self, cluster: tuple[VictoriaMetrics, Cluster], tmp_path: Path) -> Iterator[Callable[[], Store]]:
        base = cluster[1].base
        settings = StoreSettings(
            "victoriametrics://vmselect.invalid:8481",
            write_url=f"{base}/insert/7/influx/",
            read_url=f"{base}/select/7/prometheus",
            flush_urls=(f"{base}/storage-0",),
        )
        opened: list[Store] = []
        with Database(f"sqlite:///{tmp_path}/registry.sqlite") as registry:

            def open_again() -> Store:
                opened.append(open_store(settings, tmp_path, registry, describe))
                return opened[-1]

            yield open_again
            for store in opened:
                store.close()

    @pytest.fixture
    def store(self, cluster: tuple[VictoriaMetrics, Cluster], again: Callable[[], Store]) -> Store:
        cluster[0].empty()
        return again()
