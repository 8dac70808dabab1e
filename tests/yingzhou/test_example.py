"""docs/edge/gateway.toml: it is right, has every kind of link and every key, and its defaults are those of the code."""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from edge.config import EdgeConfig, load
from edge.links.kinds import KINDS

EXAMPLE = Path(__file__).parents[2] / "docs/edge/gateway.toml"
NO_SUCH_MODEL = '#model = "vendor/model" '
"""No model of ours has factor codes of its own yet: this line can only be read as a comment."""
_LEFT_OUT = re.compile(r"^#(?=[a-z_0-9]+ = )", re.MULTILINE)


def whole() -> str:
    """With all that is left out put in."""
    text = EXAMPLE.read_text()
    assert text.count(NO_SUCH_MODEL) == 1
    return _LEFT_OUT.sub("", text.replace(NO_SUCH_MODEL, ""))


def sections(section: BaseModel) -> Iterator[BaseModel]:
    yield section
    for name in type(section).model_fields:
        value = getattr(section, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, BaseModel):
                yield from sections(one)


def declared(section: type[BaseModel], key: str) -> type:
    """The class that says what the key is: kinds of links that have it from there need no line each."""
    return next(one for one in section.__mro__ if key in inspect.get_annotations(one))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        for one in get_args(annotation):
            yield from models_in(one)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> EdgeConfig:
    path = tmp_path_factory.mktemp("whole") / "gateway.toml"
    path.write_text(whole())
    return load(path)


def test_check_finds_it_right(yingzhou: Any) -> None:
    told = yingzhou("check", str(EXAMPLE))
    assert (told.code, told.err) == (0, [])


def test_it_has_every_kind_of_link(full: EdgeConfig) -> None:
    assert {link.kind for link in full.link} == set(KINDS)


def test_it_has_every_key(full: EdgeConfig) -> None:
    given: dict[tuple[type, str], bool] = defaultdict(bool)
    for section in sections(full):
        for key in type(section).model_fields:
            given[declared(type(section), key), key] |= key in section.model_fields_set
    missing = {f"{section.__name__}.{key}" for (section, key), there in given.items() if not there}
    assert missing == {"Hj212Device.model"}, "a key of the configuration is in no line of docs/edge/gateway.toml"


def test_it_has_every_section(full: EdgeConfig) -> None:
    """So that a key in a section that is never there does not hide."""
    seen = {type(section) for section in sections(full)}
    wanted = {
        model for section in seen for field in section.model_fields.values() for model in models_in(field.annotation)
    }
    assert {model.__name__ for model in wanted - seen} == set()


def test_what_it_leaves_out_stands_with_its_default(full: EdgeConfig) -> None:
    """Or with an example, where nothing is the default."""
    pairs = [*paired(load(EXAMPLE), full)]
    assert len(pairs) > 40
    for short, long in pairs:
        for key in long.model_fields_set - short.model_fields_set:
            left_out = getattr(short, key)
            if left_out not in (None, (), frozenset(), ""):
                assert getattr(long, key) == left_out, f"{type(long).__name__}.{key}"


def paired(short: BaseModel, long: BaseModel) -> Iterator[tuple[BaseModel, BaseModel]]:
    """The same sections of both."""
    yield short, long
    for key in short.model_fields_set:
        one, other = getattr(short, key), getattr(long, key)
        pairs = zip(one, other, strict=True) if isinstance(one, tuple) else [(one, other)]
        for first, second in pairs:
            if isinstance(first, BaseModel):
                yield from paired(first, second)
