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
from creditscore.reasons.paths import Paths, Readings, met_by

_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Quadrature:
    """Some leaves of a model, their values, and the points t in 0 … 1, with weights, that the longest path needs."""

    bins: Bins
    readings: Readings
    paths: Paths
    leaf: Ints
    value: Floats
    points: Floats
    weights: Floats

    def add(self, X: Floats, values: Floats) -> None:
        """Add the leaves' SHAP values of each row of X to values, float64[rows, features]."""
        for first in range(0, len(X), _BLOCK):
            rows = X[first : first + _BLOCK]
            codes = np.empty((len(self.bins.feature), len(rows)), np.uint16)
            place(self.bins.cuts, self.bins.starts, self.bins.feature, rows, codes)
            _add(
                self.leaf, self.value, self.points, self.weights, self.readings, self.paths, self.bins.feature, codes,
                values[first : first + _BLOCK],
            )  # fmt: skip


def quadrature_of(bins: Bins, readings: Readings, paths: Paths, leaf: Ints, leaf_value: Floats) -> Quadrature:
    """Some leaves, prepared."""
    longest = int(np.diff(paths.starts)[leaf].max())
    roots, weights = np.polynomial.legendre.leggauss((longest + 1) // 2)
    return Quadrature(bins, readings, paths, leaf, leaf_value[leaf], (roots + 1) / 2, weights / 2)


@compiled
def _add(
    leaves: Ints, leaf_values: Floats, t: Floats, weights: Floats, readings: Readings, paths: Paths, feature: Ints,
    bins: Codes, values: Floats,
) -> None:  # fmt: skip
    """Add the SHAP values of the leaves to values[row]; `feature` is each column's."""
    most = 0
    for leaf in leaves:
        most = max(most, paths.starts[leaf + 1] - paths.starts[leaf])
    met, product = np.empty((most, len(values)), np.uint8), np.empty(len(t))
    meets, worth = np.empty((most, len(t))), np.empty((most, len(t)))
    for i in range(len(leaves)):
        first, last = paths.starts[leaves[i]], paths.starts[leaves[i] + 1]
        share = paths.share[first:last]
        for k in range(last - first):
            met_by(first + k, readings, paths, bins, met[k])
            for q in range(len(t)):
                meets[k, q] = t[q] + (1 - t[q]) * share[k]
                worth[k, q] = (1 - share[k]) / meets[k, q]
        for row in range(len(values)):
            failed = _multiply(leaf_values[i], met[: last - first, row], share, t, weights, meets, product)
            for k in range(last - first):
                gain = failed
                if met[k, row]:
                    gain = 0.0
                    for q in range(len(t)):
                        gain += product[q] * worth[k, q]
                values[row, feature[readings.column[paths.reading[first + k]]]] += gain


@compiled
def _multiply(
    value: float, met: Codes, share: Floats, t: Floats, weights: Floats, meets: Floats, product: Floats
) -> float:
    """Set product[q] to the leaf's weighted Π f, and give the value of each condition that fails."""
    for q in range(len(t)):
        product[q] = value * weights[q]
    for k in range(len(met)):
        if met[k]:
            for q in range(len(t)):
                product[q] *= meets[k, q]
        else:
            for q in range(len(t)):
                product[q] *= (1 - t[q]) * share[k]
    failed = 0.0
    for q in range(len(t)):
        failed -= product[q] / (1 - t[q])
    return failed
