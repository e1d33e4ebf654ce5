"""Why the truth says what it says: the exact Shapley values of its log-odds by reason code, and causes planted in it.

As a scorecard's reasons do, they compare with a reference population (Lundberg et al., 2020, "interventional"): a
coalition of known aggregates is worth the mean of the log-odds over the reference's rows, those aggregates replaced by
the application's own. The truth is a sum of single risks and of products of two, so that they have a closed form: a
single risk a is worth a − E[a], and of a product a · b of two aggregates the first one has half of

    (a · b − E[a b]) + (a · E[b] − E[a] · b),

and the second half of the first bracket less the second (Shapley, 1953), with E the mean over the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log

import numpy as np
import numpy.typing as npt

from creditscore.errors import InputError
from creditscore.events.simulate.clock import Floats
from creditscore.events.simulate.outcome import TRUTH, Truth

# Log-odds that double the odds.
PDO = log(2)


@dataclass(frozen=True)
class Cause:
    """The reason code of an aggregate, and the table of events that it is made from."""

    code: str
    table: str


CAUSES: Mapping[str, Cause] = {
    "late_share": Cause("O02", "obligations"),
    "worst_days_past_due": Cause("O03", "obligations"),
    "spending_trend": Cause("S02", "transactions"),
    "income_variability": Cause("S08", "transactions"),
    "cash_share": Cause("S06", "transactions"),
    "night_share": Cause("R03", "transactions"),
    "refund_share": Cause("S05", "transactions"),
    "recency": Cause("R04", "transactions"),
    "tenure": Cause("H01", "transactions"),
    "merchants": Cause("S04", "transactions"),
    "broken_trip_share": Cause("T03", "trips"),
    "burden": Cause("A03", "transactions"),
    "mean_balance": Cause("S10", "transactions"),
}
# The code of all that a table says of an application before which it has no event.
ABSENT = {"transactions": "H05", "trips": "H06", "obligations": "H07"}
CODES = tuple(sorted({*(cause.code for cause in CAUSES.values()), *ABSENT.values()}))


def planted(name: str, pdo: float, aggregates: Mapping[str, Floats], truth: Truth = TRUTH) -> Truth:
    """The truth with a cause planted: one ingredient weighs so much that it costs an application that has it fully so
    many PDO more than the average of those in `aggregates`, whose mean log-odds stay as they are.

    Raises InputError for a name that is no ingredient's, for a cost of 0 or less, and where all applications have it
    fully already.
    """
    if name not in truth.ingredients or pdo <= 0:
        raise InputError(f"expected one of {', '.join(truth.ingredients)} and a cost above 0, got '{name}' and {pdo}")
    one, mean = truth.ingredients[name], float(truth.risks(aggregates)[name].mean())
    if mean >= 1:
        raise InputError(f"'{name}': all of these applications have it fully, so that it can set nobody apart")
    weight = pdo * PDO / (1 - mean)
    return replace(
        truth,
        intercept=truth.intercept - (weight - one.weight) * mean,
        ingredients={**truth.ingredients, name: replace(one, weight=weight)},
    )


def contributions(truth: Truth, aggregates: Mapping[str, Floats], reference: Mapping[str, Floats]) -> dict[str, Floats]:
    """What each aggregate adds to the log-odds of bad of each application, against the applications in `reference`.

    With the mean of the reference's log-odds they sum to the application's, in exact arithmetic.
    """
    mine, theirs = truth.risks(aggregates), truth.risks(reference)
    read = {name: one.aggregate for name, one in truth.ingredients.items()}
    found = {aggregate: np.zeros(len(aggregates[aggregate])) for aggregate in read.values()}
    for name, one in truth.ingredients.items():
        found[read[name]] += one.weight * (mine[name] - theirs[name].mean())
    for (one_of_two, other), weight in truth.together.items():
        a, b, mean_a, mean_b = mine[one_of_two], mine[other], theirs[one_of_two].mean(), theirs[other].mean()
        both = a * b - (theirs[one_of_two] * theirs[other]).mean()
        apart = a * mean_b - mean_a * b
        found[read[one_of_two]] += weight / 2 * (both + apart)
        found[read[other]] += weight / 2 * (both - apart)
    return found


def code_of(aggregate: str, aggregates: Mapping[str, Floats]) -> npt.NDArray[np.str_]:
    """The code under which an aggregate counts for each application: its own, or that of its table's absence."""
    cause = CAUSES[aggregate]
    return np.where(aggregates[cause.table] > 0, cause.code, ABSENT[cause.table])


def by_code(contributions: Mapping[str, Floats], aggregates: Mapping[str, Floats]) -> Floats:
    """The contributions summed by code, float64[applications, codes], a column for each of `CODES`."""
    found = np.zeros((len(next(iter(contributions.values()))), len(CODES)))
    for aggregate, value in contributions.items():
        found += np.where(code_of(aggregate, aggregates)[:, None] == np.array(CODES), value[:, None], 0.0)
    return found
