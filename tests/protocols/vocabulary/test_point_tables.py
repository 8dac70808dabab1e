from protocols.vocabulary import Point
from protocols.vocabulary.point_tables import PointTables


def table(*names: str) -> tuple[Point, ...]:
    return tuple(Point("serial:1", name) for name in names)


def test_worked_out_once_for_equal_tables() -> None:
    worked = []
    tables = PointTables(lambda points: worked.append(points) or len(worked))
    one, equal = table("a", "b"), table("a", "b")
    assert one is not equal
    assert [tables[one], tables[one], tables[equal], tables[equal], tables[one]] == [1] * 5
    assert tables[table("a")] == 2
    assert len(tables) == 2


def test_an_identity_that_is_used_again_is_not_taken_for_the_table_it_was() -> None:
    tables = PointTables(lambda points: points[0].observed)
    for number in range(2000):  # short-lived tuples get each other's addresses
        name = f"p{number}"
        assert tables[table(name)] == name
        assert tables[table("same")] == "same"


def test_beyond_the_bound_the_first_is_forgotten_and_told() -> None:
    gone: list[str] = []
    tables = PointTables(lambda points: points[0].observed, gone.append, max_cells=4)
    for name in ("a", "b", "c"):
        tables[table(name, "x")]
    assert (gone, len(tables)) == (["a"], 2)
    tables[table("b", "x")]
    tables[table("a", "x")]
    assert gone == ["a", "b"]


def test_a_table_larger_than_the_bound_is_worked_out_all_the_same() -> None:
    tables = PointTables(len, max_cells=2)
    assert tables[table("a", "b", "c")] == 3
    assert tables[table("a", "b", "c")] == 3
    assert len(tables) == 1
