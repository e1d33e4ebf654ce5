"""Exact SHAP values of a model's trees: what each feature adds to the margin (Lundberg et al., 2020).

Against a reference population they are interventional: a coalition of known features is worth the mean of the margin
over the reference's rows, those features replaced by the row's own. Without one they are path-dependent: the unknown is
averaged by the trees' covers, as LightGBM's `pred_contrib` does.

Both come from cell tables (`cells`), which hold a group of leaves' summed values for every way in which a row can meet
the group's conditions, so that a row costs one look-up a group and one addition a column. The tables are bounded; the
leaves past the bound are computed without (`quadrature`, `scan`), slower and as exactly.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats
from creditscore.packed import Packed
from creditscore.reasons.cells import Layout, Patterns, turns_of
from creditscore.reasons.packed_model import pack_model, sum_one
from creditscore.reasons.paths import Paths, structure_of
from creditscore.reasons.quadrature import Quadrature, quadrature_of
from creditscore.reasons.reference import Reference, check
from creditscore.reasons.scan import Scan, scanned
from creditscore.reasons.sums import Columns, sum_rows
from creditscore.reasons.tables import MOST_BYTES, build, choose_groups

# Rows that a thread takes at a time.
_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Explainer:
    """A model prepared to be explained; `expected` is the mean of its margin over the reference.

    `packed` is what one row needs, `columns` and `layout` what many do; the cells' values are in `table` for both.
    `rest` computes the leaves whose tables would be too large, `rest_share` is their share of all leaves.
    """

    trees: Trees
    columns: Columns
    layout: Layout
    packed: Packed
    table: Floats
    rest: Quadrature | Scan | None
    rest_share: float
    expected: float

    def contributions(self, X: Floats, *, threads: int | None = None) -> Floats:
        """SHAP values in margin, float64[rows, features]; with `expected` each row sums to its margin.

        `X` is float64[rows, features], missing NaN. Bits depend neither on the other rows nor on `threads` (by default
        as many as there are cores). Raises RequestError for another shape.
        """
        return self._sum(self.trees.matrix(X), threads)[0]

    def margins(self, X: Floats, *, threads: int | None = None) -> Floats:
        """The margin of each row, float64[rows], to the bit that of `Trees.margin`."""
        return self.explain(X, threads=threads)[1]

    def explain(self, X: Floats, *, threads: int | None = None) -> tuple[Floats, Floats]:
        """`contributions` and `margins` at once."""
        X = self.trees.matrix(X)
        values, margins = self._sum(X, threads)
        return values, margins if self.rest is None else self.trees.margin(X)

    def _sum(self, X: Floats, threads: int | None) -> tuple[Floats, Floats]:
        """The values of all leaves, the margins of those with tables."""
        values, margins = np.zeros(X.shape), np.zeros(len(X))
        if len(X) == 1:
            sum_one(self.packed, self.table, X, values, margins)
            self._add_rest(X, values)
        elif len(X) <= _ROWS or threads == 1:
            self._sum_rows(X, values, margins)
        else:
            blocks = [slice(first, first + _ROWS) for first in range(0, len(X), _ROWS)]
            with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
                list(pool.map(lambda rows: self._sum_rows(X[rows], values[rows], margins[rows]), blocks))
        return values, margins

    def _sum_rows(self, X: Floats, values: Floats, margins: Floats) -> None:
        sum_rows(self.columns, self.layout, self.table, X, values, margins)
        self._add_rest(X, values)

    def _add_rest(self, X: Floats, values: Floats) -> None:
        if self.rest is not None:
            self.rest.add(X, values)


def contributions(trees: Trees, X: Floats) -> Floats:
    """Path-dependent SHAP values in margin, float64[rows, features]; with `expected_value` each row sums to its margin.

    `X` is float64[rows, features], missing NaN. The values are LightGBM's `predict(pred_contrib=True)`, to rounding.
    Raises RequestError for another shape of X, and what `prepare` raises. It runs on the caller's thread alone.
    """
    return _prepared(trees).contributions(X, threads=1)


def expected_value(trees: Trees) -> float:
    """The mean of the margin by the leaves' cover: the score of a row of which nothing is known."""
    return _prepared(trees).expected


@lru_cache(maxsize=2)
def _prepared(trees: Trees) -> Explainer:
    """Kept for the next call; a scorecard keeps its own."""
    return prepare(trees)


def prepare(trees: Trees, reference: Reference | None = None, *, most_bytes: int = MOST_BYTES) -> Explainer:
    """A model prepared to be explained against a reference, or path-dependently.

    Its tables take at most `most_bytes`.

    Raises ModelFormatError where trees are too deep or too many, ScorecardError for a reference of other trees.
    """
    bins, readings, paths = structure_of(trees)
    groups, rest = choose_groups(trees, readings, paths, most_bytes)
    others: Quadrature | Scan | None = None
    if reference is None:
        patterns, reached = Patterns(0, *_NOTHING), _along(paths, paths.share)
        if len(rest):
            others = quadrature_of(bins, readings, paths, rest, trees.leaf_value)
    else:
        check(reference, paths)
        patterns = Patterns(reference.rows, reference.starts, reference.pattern, reference.count)
        reached = _met_fully(reference, paths)
        if len(rest):
            others = Scan(bins, readings, paths, scanned(rest, trees.leaf_value, reference, paths))
    layout, table = build(trees, readings, paths, groups, patterns)
    columns = Columns(bins.feature, bins.starts, bins.cuts)
    packed = pack_model(columns, layout, turns_of(layout, bins.count()))
    expected = float(reached @ trees.leaf_value)
    return Explainer(trees, columns, layout, packed, table, others, len(rest) / len(reached), expected)


_NOTHING = np.zeros((3, 0), np.int64)


def _along(paths: Paths, share: Floats) -> Floats:
    """The product of a path's shares, for each leaf."""
    reached = np.ones(len(paths.starts) - 1)
    np.multiply.at(reached, np.repeat(np.arange(len(reached)), np.diff(paths.starts)), share)
    return reached


def _met_fully(reference: Reference, paths: Paths) -> Floats:
    """The share of the reference's rows that reach each leaf: its last pattern, where that is of all conditions."""
    last = reference.starts[1:] - 1
    full = reference.pattern[last] == (1 << np.diff(paths.starts)) - 1
    return np.where(full, reference.count[last], 0) / reference.rows
