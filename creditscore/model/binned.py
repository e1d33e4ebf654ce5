"""Values in bins: the edges and counts that later values are compared with, and nobody's row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.errors import ScorecardError, TrainingError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Rows in a bin of values: of fewer, an edge would be somebody's own value, and a share mostly chance.
FEWEST = 20


@dataclass(frozen=True)
class Bins:
    """Rising edges, and how many rows of a sample each bin holds: counts[k] with edges[k − 1] < value <= edges[k].

    The last count but one is of values above all edges, the last of missing ones (NaN): there are two more counts than
    edges. Raises ScorecardError where they do not fit, or no row is counted.

    >>> Bins((10.0, 20.0), (50, 30, 20, 0)).count(np.array([5.0, 10.0, 10.5, 99.0, np.nan])).tolist()
    [2, 1, 1, 1]
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in zip(self.edges, self.edges[1:], strict=False))
        if not (rising and all(map(math.isfinite, self.edges))):
            raise ScorecardError(f"bins: the {len(self.edges)} edges must be finite and rise; make the bins again")
        if len(self.counts) != len(self.edges) + 2 or min(self.counts) < 0 or not sum(self.counts):
            raise ScorecardError(
                f"bins: expected {len(self.edges) + 2} counts from 0 with a row among them, for {len(self.edges)} "
                f"edges, got {len(self.counts)} that add up to {sum(self.counts)}; make the bins again"
            )

    @property
    def n(self) -> int:
        """The sample's rows, missing values included."""
        return sum(self.counts)

    def count(self, values: npt.ArrayLike) -> Ints:
        """How many of other `values` fall in each bin, int64[len(counts)], missing last."""
        value = np.asarray(values, np.float64)
        present = value[~np.isnan(value)]
        within = np.bincount(np.searchsorted(self.edges, present, side="left"), minlength=len(self.edges) + 1)
        return np.append(within, value.size - present.size).astype(np.int64)

    def to_record(self) -> dict[str, Any]:
        """The bins as plain JSON: {"edges": […], "counts": […]}."""
        return {"edges": list(self.edges), "counts": list(self.counts)}

    @classmethod
    def from_record(cls, record: Any) -> Bins:
        """What `to_record` gave. Raises ScorecardError for anything else."""
        if not isinstance(record, dict) or set(record) != {"edges", "counts"}:
            raise ScorecardError("bins: expected an object of edges and counts, and nothing else")
        return cls(_all_of("edges", float, record["edges"]), _all_of("counts", int, record["counts"]))


def binned(values: npt.ArrayLike, n_bins: int = 10) -> Bins:
    """The bins of a sample's `values`, float64[rows] with NaN missing: about `n_bins` of equal size.

    Edges are values that occur, at every n-th part of the sample. A value that fills such a part by itself has a bin of
    its own, and so has each value where there are at most `n_bins` different ones. No bin of values holds fewer than 20
    rows: smaller ones are joined with a neighbour. Raises TrainingError without a row, and for infinite values.

    >>> binned(np.repeat([0.0, 1.0, 7.0, np.nan], [900, 60, 30, 10]))
    Bins(edges=(0.0, 1.0), counts=(900, 60, 30, 10))
    """
    value = np.asarray(values, np.float64)
    ordered = np.sort(value[~np.isnan(value)])
    if not value.size or np.isinf(ordered).any():
        raise TrainingError(
            f"bins need at least one row and finite values: got {value.size} rows, {int(np.isinf(ordered).sum())} of "
            f"them infinite; give a sample's values, NaN where missing"
        )
    edges = tuple(float(ordered[end - 1]) for end in _wide_enough(_ends(ordered, n_bins), len(ordered)))
    counts = Bins(edges, (0,) * (len(edges) + 1) + (1,)).count(value)
    return Bins(edges, tuple(counts.tolist()))


def _ends(ordered: Floats, n_bins: int) -> Ints:
    """How many of the ordered values lie up to each edge that might be, rising."""
    different = np.flatnonzero(np.diff(ordered, append=np.inf)) + 1
    if len(different) <= n_bins:
        return different
    parts = ordered[(np.arange(1, n_bins) * len(ordered) + n_bins - 1) // n_bins - 1]
    first, after = (np.searchsorted(ordered, parts, side=side) for side in ("left", "right"))
    fills_a_part = after - first >= len(ordered) / n_bins
    return np.unique(np.concatenate([after, first[fills_a_part]]))


def _wide_enough(ends: Ints, n: int) -> list[int]:
    """The ends that leave enough rows on both sides."""
    kept = [0]
    for end in ends.tolist():
        if min(end - kept[-1], n - end) >= FEWEST:
            kept.append(end)
    return kept[1:]


def _all_of(name: str, kind: type, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list) or not all(type(value) is kind for value in values):
        raise ScorecardError(f"bins: expected {name} to be a list of {kind.__name__}")
    return tuple(values)
