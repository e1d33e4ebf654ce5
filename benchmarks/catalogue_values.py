"""When two tables of the catalogue's features agree."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.features.formula import Aggregate, Feature, parts

RELATIVE = 1e-9
# Where doubles of a like size are subtracted, an engine may lose what a number has below this.
ABSOLUTE = 1e-9
SUBTRACTING = ("quantile", "spread", "trend", "entropy", "gap_spread", "burstiness", "regularity")


def disagreements(made: pa.Table, expected: pa.Table, features: Iterable[Feature]) -> list[str]:
    """What differs between two tables that have the same applications; [] where nothing does.

    Numbers agree to 1e-9 of their value, those made by subtracting to 1e-9 of 1 as well; missing agrees with missing.
    """
    places = pc.index_in(made["application_id"], value_set=expected["application_id"].combine_chunks())
    if places.null_count or not made.num_rows == expected.num_rows == len(places.unique()):
        return ["the applications are not the same"]
    expected = expected.take(places)
    wrong = {feature.name: _different(feature, made, expected) for feature in features}
    return [f"{name}: {rows:,} of {made.num_rows:,} rows differ" for name, rows in wrong.items() if rows]


def _different(feature: Feature, made: pa.Table, expected: pa.Table) -> int:
    subtracts = any(part.word in SUBTRACTING for part in parts(feature.formula) if isinstance(part, Aggregate))
    one, other = (table[feature.name].cast(pa.float64()).to_numpy() for table in (made, expected))
    same = np.isclose(one, other, rtol=RELATIVE, atol=ABSOLUTE if subtracts else 0, equal_nan=True)
    return int((~same).sum())
