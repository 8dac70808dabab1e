"""What the fuzzer once found stays found: every kept input through its target."""

import pytest

from tests.fuzz import corpus
from tests.fuzz.targets import _again, _explain, _read, targets

TARGETS = targets()


def test_every_corpus_has_its_target():
    assert {file.stem for file in corpus.FOLDER.glob("*.hex")} <= TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs_break_no_law(name):
    for data in [b"", *corpus.load(name)]:
        TARGETS[name](data)


def test_a_corpus_is_kept_short_and_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    corpus.save("one", [b"bb", b"a", b"bb", b""])
    assert corpus.load("one") == [b"", b"a", b"bb"]
    corpus.save("one", [number.to_bytes(2) for number in range(1000)])
    assert len(corpus.load("one")) == corpus.MAX_INPUTS


def test_a_broken_law_is_noticed():
    def reader(data):
        raise ValueError(data)

    with pytest.raises(ValueError, match="x"):
        _read(reader, b"x")
    with pytest.raises(AssertionError):
        _again(lambda value: value + b"!", lambda raw: raw, b"x")
    with pytest.raises(AssertionError):
        _explain(lambda raw: [], b"x")
