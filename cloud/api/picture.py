"""Of many readings the few that draw the same picture (MinMaxLTTB, Van Der Donckt et al. 2023)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from tsdownsample import MinMaxLTTBDownsampler

from cloud.api import series
from cloud.api.problems import wrong_parameter
from cloud.api.question import Question
from cloud.api.series import Stretch
from cloud.store.port import Columns, Store

_PICTURE: Final[Any] = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
MOST_LOOKED_AT: Final = 1_000_000
"""Readings: eleven days at one a second."""


def drawn(store: Store, parts: Sequence[Stretch], question: Question) -> tuple[Columns, None]:
    """At most ``question.points`` of the readings, in the order of time; missing ones draw nothing.

    :raises Problem: there are too many to look at.
    """
    columns, more = series.raw(store, parts, replace(question, limit=MOST_LOOKED_AT))
    if more is not None:
        raise wrong_parameter("points", f"more than {MOST_LOOKED_AT} readings: ask for a shorter time, or by `every`")
    columns = columns.take(~np.isnan(columns.value))
    points = question.points or len(columns)
    if len(columns) <= points:
        return columns, None
    kept = _PICTURE.downsample(columns.time, columns.value, n_out=points)
    return columns.take(kept.astype(np.intp)), None
