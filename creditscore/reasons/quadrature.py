"""Path-dependent SHAP values without tables: for leaves whose tables would be too large.

The game of a leaf of value v whose path has conditions on the features 1 … D pays v · Π oⱼ (j in S) · Π zⱼ (j not in
S), where oⱼ is 1 if the row meets the path's conditions on j, else 0, and zⱼ is the share of training rows that met
them (cover). By its multilinear extension (Owen, 1972), its Shapley value for i is

    v · (oᵢ − zᵢ) · ∫₀¹ Π fⱼ(t) dt  over j ≠ i,   with fⱼ(t) = t · oⱼ + (1 − t) · zⱼ,

a polynomial of degree D − 1, for which Gauss-Legendre quadrature on ⌈D / 2⌉ points is exact. Its product is that over
all j, divided by fᵢ(t); where oᵢ is 0, (oᵢ − zᵢ) / fᵢ = −1 / (1 − t), the same for all conditions that fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Bins, Codes, place
from creditscore.reasons.paths import MANY_ROWS, Paths, Readings, after_another, met_at, met_by
from creditscore.reasons.sums import add_columns

_BLOCK = 512
# Points that a leaf has for itself; more are costly to find.
_MOST_OWN = 16


@dataclass(frozen=True, eq=False)
class Quadrature:
    """Some leaves of a model, their values, and points t in 0 … 1 with weights: leaf[i] has count[i], from first[i]."""

    bins: Bins
    readings: Readings
    paths: Paths
    leaf: Ints
    value: Floats
    first: Ints
    count: Ints
    points: Floats
    weights: Floats

    def add(self, X: Floats, values: Floats) -> None:
        """Add the leaves' SHAP values of each row of X to values, float64[rows, features]."""
        for first in range(0, len(X), _BLOCK):
            rows = X[first : first + _BLOCK]
            codes = np.empty((len(self.bins.feature), len(rows)), np.uint16)
            place(self.bins.cuts, self.bins.starts, self.bins.feature, rows, codes)
            sums = np.zeros(codes.shape)
            _add(
                self.leaf, self.value, self.first, self.count, self.points, self.weights, self.readings, self.paths,
                codes, sums,
            )  # fmt: skip
            add_columns(self.bins.feature, sums, values[first : first + _BLOCK])


def quadrature_of(bins: Bins, readings: Readings, paths: Paths, leaf: Ints, leaf_value: Floats) -> Quadrature:
    """Some leaves, prepared: on ⌈D / 2⌉ points each, or, where those are many, on as many as the longest path needs."""
    count = (np.diff(paths.starts)[leaf] + 1) // 2
    count[count > _MOST_OWN] = count.max()
    rules, of_leaf = np.unique(count, return_inverse=True)
    roots, weights = np.hstack([np.polynomial.legendre.leggauss(points) for points in rules.tolist()])
    first = after_another(rules)[of_leaf]
    return Quadrature(bins, readings, paths, leaf, leaf_value[leaf], first, count, (roots + 1) / 2, weights / 2)


@compiled
def _add(
    leaves: Ints, leaf_values: Floats, firsts: Ints, counts: Ints, points: Floats, weights: Floats,
    readings: Readings, paths: Paths, bins: Codes, sums: Floats,
) -> None:  # fmt: skip
    """Add the SHAP values of the leaves to sums[column, row]."""
    most, rows = 0, bins.shape[1]
    for leaf in leaves:
        most = max(most, paths.starts[leaf + 1] - paths.starts[leaf])
    met, met_alone = np.empty((most, rows), np.uint8), np.empty(most, np.uint8)
    product, failed, alone = np.empty((counts.max(), rows)), np.empty(rows), np.empty(counts.max())
    column = np.empty(most, np.int64)
    for i in range(len(leaves)):
        first, last = paths.starts[leaves[i]], paths.starts[leaves[i] + 1]
        t, weight = points[firsts[i] : firsts[i] + counts[i]], weights[firsts[i] : firsts[i] + counts[i]]
        share, value = paths.share[first:last], leaf_values[i]
        for k in range(last - first):
            column[k] = readings.column[paths.reading[first + k]]
        if rows < MANY_ROWS:
            for row in range(rows):
                met_at(leaves[i], row, readings, paths, bins, met_alone)
                _add_row(row, value, t, weight, share, met_alone, alone, column, sums)
            continue
        for k in range(last - first):
            met_by(first + k, readings, paths, bins, met[k])
        failed[:] = 0.0
        for q in range(len(t)):
            _multiply(value * weight[q], t[q], share, met, product[q], failed)
        for k in range(last - first):
            _gain(share[k], t, met[k], product, failed, sums[column[k]])


@compiled
def _multiply(start: float, t: float, share: Floats, met: Codes, product: Floats, failed: Floats) -> None:
    """Set product[row] to the leaf's weighted Π f at a point, and add to the value of each condition that fails."""
    product[:] = start
    for k in range(len(share)):
        fails = (1 - t) * share[k]
        meets = t + fails
        for row in range(len(product)):
            product[row] *= meets if met[k, row] else fails
    each = -1 / (1 - t)
    for row in range(len(product)):
        failed[row] += each * product[row]


@compiled
def _gain(share: float, t: Floats, met: Codes, product: Floats, failed: Floats, column: Floats) -> None:
    """Add the value of one condition, whether met or failed."""
    gain = np.zeros(len(column))
    for q in range(len(t)):
        worth = (1 - share) / (t[q] + (1 - t[q]) * share)
        for row in range(len(column)):
            gain[row] += worth * product[q, row]
    for row in range(len(column)):
        column[row] += gain[row] if met[row] else failed[row]


@compiled
def _add_row(
    row: int, value: float, t: Floats, weight: Floats, share: Floats, met: Codes, product: Floats, column: Ints,
    sums: Floats,
) -> None:  # fmt: skip
    """Add a leaf's values to one row's sums: the same steps in the same order, all points at a time."""
    for q in range(len(t)):
        product[q] = value * weight[q]
    for k in range(len(share)):
        z, meets = share[k], met[k] != 0
        for q in range(len(t)):
            fails = (1 - t[q]) * z
            product[q] *= t[q] + fails if meets else fails
    failed = 0.0
    for q in range(len(t)):
        failed += -1 / (1 - t[q]) * product[q]
    for k in range(len(share)):
        gain = failed
        if met[k]:
            gain, z = 0.0, share[k]
            for q in range(len(t)):
                gain += (1 - z) / (t[q] + (1 - t[q]) * z) * product[q]
        sums[column[k], row] += gain
