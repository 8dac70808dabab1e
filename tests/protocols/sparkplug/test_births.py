from protocols.sparkplug import DataType, Metric
from protocols.sparkplug.births import AMBIGUOUS, Births


def named(*pairs):
    return [Metric(name=name, alias=alias, datatype=DataType.Double) for name, alias in pairs]


def test_by_name_and_by_alias():
    births = Births()
    births.announce("", named(("a", 1), ("b", None)))
    births.announce("d", named(("a", 0)))
    assert births.by_alias("", 1).name == "a"
    assert births.by_alias("d", 0).name == "a"
    assert births.by_alias("", 0) is None, "an alias is the device's whose birth it stood in"
    assert births.by_alias("d", 1) is None
    assert births.by_alias("", 2) is None
    assert births.by_name("", "b").datatype == DataType.Double
    assert births.by_name("d", "b") is None
    assert (len(births), births.of(""), births.of("d"), births.of("x")) == (3, 2, 1, 0)


def test_a_birth_takes_the_place_of_the_one_before():
    births = Births()
    births.announce("d", named(("a", 1), ("b", 2)))
    births.announce("d", named(("b", 1)))
    assert births.by_alias("d", 1).name == "b"
    assert births.by_alias("d", 2) is None
    births.forget("d")
    assert births.by_alias("d", 1) is None
    assert len(births) == 0
    births.forget("d")


def test_an_alias_that_was_given_twice_means_neither():
    births = Births()
    births.announce("", named(("a", 1), ("b", 1)))
    births.announce("d", named(("c", 2)))
    births.announce("e", named(("f", 2)))
    assert births.by_alias("", 1) is AMBIGUOUS
    assert births.by_alias("d", 2) is AMBIGUOUS
    assert births.by_alias("e", 2) is AMBIGUOUS
    assert births.conflicts == 2


def test_bdseq_and_node_control_give_way():
    births = Births()
    births.announce("", named(("bdSeq", 1), ("a", 1), ("b", 2), ("Node Control/Rebirth", 2)))
    assert births.by_alias("", 1).name == "a"
    assert births.by_alias("", 2).name == "b"
    assert births.conflicts == 0


def test_metrics_without_a_name_are_passed_over():
    births = Births()
    births.announce("", [Metric(alias=1, datatype=DataType.Double)])
    assert births.by_alias("", 1) is None
    assert len(births) == 0
