"""Drawing borrowers with replacement, so that intervals know that one borrower's applications hang together.

Field & Welsh (2007), "Bootstrapping clustered data".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.validation.metrics import LEVEL

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def clusters(borrower: npt.ArrayLike | None, n: int) -> Ints:
    """Each row's borrower as a number from 0, intp[n]; without `borrower` each row stands alone.

    >>> clusters(["b", "a", "b"], 3).tolist()
    [0, 1, 0]
    """
    if borrower is None:
        return np.arange(n)
    return np.asarray(pandas.factorize(np.asarray(borrower), use_na_sentinel=False)[0], np.intp)


def draws(cluster: Ints, resamples: int, seed: int) -> Iterator[Floats]:
    """For each resample, how often each borrower is drawn, float64[borrowers]; the same seed draws the same."""
    generator, size = np.random.default_rng(seed), int(cluster.max(initial=-1)) + 1
    for _ in range(resamples):
        yield np.bincount(generator.integers(0, size, size), minlength=size).astype(np.float64)


def percentile_ends(drawn: Floats) -> tuple[Floats, Floats]:
    """The 95% percentile interval's ends of each figure, of float64[resamples, figures].

    A resample that tells nothing of a figure (NaN) is left out of it; the ends are NaN where none does.
    """
    ends = np.full((2, drawn.shape[1]), np.nan)
    told = ~np.isnan(drawn).all(axis=0)
    if told.any():
        ends[:, told] = np.nanquantile(drawn[:, told], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ends[0], ends[1]
