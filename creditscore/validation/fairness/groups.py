"""An attribute's values as groups: texts as they are, numbers in bands."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.errors import TrainingError
from creditscore.validation.segments import labels

NOT_GIVEN = "not given"
# More groups than this are a number that wants bands, or an id.
MOST = 20


def groups_of(values: Any, bands: Sequence[float] = (), name: str = "attribute") -> npt.NDArray[np.object_]:
    """A group a row, as text; "not given" where there is no value. Numbers fall into `bands`, each from its lower end.

    Raises TrainingError where numbers are asked for and texts are given, and where there are more than 20 groups.

    >>> groups_of([17, 25, 64.5, None], bands=(25, 60)).tolist()
    ['under 25', '25 to under 60', '60 or more', 'not given']
    """
    found = labels(_banded(values, bands, name) if len(bands) else np.asarray(values, object))
    groups = len(set(found.tolist()))
    if groups > MOST:
        raise TrainingError(
            f"fairness: '{name}' has {groups} different values, at most {MOST} are groups; give fairness.bands for it, "
            f"as bands: {{{name}: [25, 40, 60]}}, or another column"
        )
    return found


def _banded(values: Any, bands: Sequence[float], name: str) -> npt.NDArray[np.object_]:
    try:
        number = np.asarray(pandas.Series(np.asarray(values, object)).astype("float64"))
    except (TypeError, ValueError):
        raise TrainingError(f"fairness.bands: '{name}' holds texts, which have no bands; leave its bands out") from None
    ends = np.asarray(bands, np.float64)
    between = [f"{low:g} to under {high:g}" for low, high in itertools.pairwise(ends)]
    names = np.array([f"under {ends[0]:g}", *between, f"{ends[-1]:g} or more"], object)
    found: npt.NDArray[np.object_] = names[np.searchsorted(ends, number, side="right").clip(0, len(ends))]
    found[np.isnan(number)] = None
    return found
