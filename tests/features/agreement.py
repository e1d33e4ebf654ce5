"""The kernel beside the plain-Python reading of the same definitions, on generated histories."""

import math
from collections import Counter
from typing import NamedTuple

from creditscore.features.build import compute
from creditscore.features.plan import make_plan
from tests.features.histories import as_events, edges_in, generate, in_units
from tests.features.oracle import feature_values

TOLERANCE = 1e-12


class Agreement(NamedTuple):
    """For how many applications each feature is known (not missing), what differs, what edges the histories have."""

    applications: int
    known: Counter[str]
    differences: list[str]
    edges: Counter[str]


def compare(features, seed, borrowers=5, most=40):
    """Every feature for every application of as many generated histories."""
    histories, applications = generate(seed, borrowers, most)
    events = as_events(histories, applications)
    matrix = compute(make_plan(features), events, events.applications, threads=1)
    known, differences = Counter(), []
    for row, application in zip(matrix.tolist(), applications, strict=True):
        expected = feature_values(features, histories[application["borrower_id"]], in_units(application))
        known.update(one.name for one, value in zip(features, expected, strict=True) if not math.isnan(value))
        differences += [
            f"seed {seed}, application {application['application_id']}, {feature.name}: {found!r}, expected {wanted!r}"
            for feature, found, wanted in zip(features, row, expected, strict=True)
            if not equal(found, wanted)
        ]
    return Agreement(len(matrix), known, differences, edges_in(histories, applications))


def equal(found, wanted):
    """Both missing, or no further apart than 1e-12 of the number, or 1e-12 where it is below 1."""
    if math.isnan(wanted) or math.isnan(found):
        return math.isnan(wanted) and math.isnan(found)
    return abs(found - wanted) <= TOLERANCE * max(1.0, abs(wanted))
