"""The comparison itself: what it compares has every edge, and it sees what differs."""

import math
from collections import Counter

import pytest

from creditscore.events.load import load_events
from creditscore.events.schema import CONTRACT
from creditscore.features import CATALOGUE
from creditscore.features.build import compute
from creditscore.features.plan import make_plan
from tests.features import agreement
from tests.features.agreement import compare, equal
from tests.features.histories import as_events, edges_in, generate
from tests.soak import features_oracle

EDGES = {
    "application without a number", "event a microsecond off an edge", "event at another's instant",
    "event at the instant of the decision", "event in a night of clock change", "event on a window's edge",
    "missing amount", "table of a single event", "table without an event",
}  # fmt: skip


def test_every_edge_occurs_among_few_histories():
    found = sum((edges_in(*generate(seed)) for seed in range(12)), Counter())
    assert set(found) == EDGES


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [(1.0, 1.0 + 9e-13, True), (1.0, 1.0 + 2e-12, False), (1e9, 1e9 + 9e-4, True), (1e9, 1e9 + 2e-3, False),
     (0.0, 9e-13, True), (0.0, 2e-12, False), (math.nan, math.nan, True), (math.nan, 0.0, False),
     (0.0, math.nan, False), (math.inf, 1.0, False)],
)  # fmt: skip
def test_equal_is_within_a_trillionth_and_missing_only_where_missing(found, wanted, same):
    assert equal(found, wanted) is same


def test_a_single_wrong_value_is_found_and_named(monkeypatch):
    def spoilt(*args, **kwargs):
        matrix = right(*args, **kwargs)
        matrix[1, 2] = -1.0  # no sum of amounts is below 0
        return matrix

    right = agreement.compute
    monkeypatch.setattr(agreement, "compute", spoilt)
    (difference,) = compare(CATALOGUE[:5], seed=3).differences
    assert difference.startswith("seed 3, application ")
    assert CATALOGUE[2].name in difference


def test_the_long_run_in_short(capsys):
    assert features_oracle.main(["--histories", "4", "--processes", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("4 histories, 6 applications, ")
    assert f"\n{6 * len(CATALOGUE):,} values, " in printed
    assert "\n0 values differ" in printed


@pytest.mark.parametrize("seed", range(4))
def test_frames_with_nan_for_what_is_missing_give_the_same_bits_once_loaded(seed):
    histories, applications = generate(seed)
    plan, made = make_plan(CATALOGUE), as_events(histories, applications)
    loaded = load_events(**{name: frame(made.table(name)) for name in CONTRACT if made.table(name) is not None})
    assert sum(loaded.quarantine.read.values()) > len(loaded.quarantine) == 0
    assert compute(plan, loaded, loaded.applications).tobytes() == compute(plan, made, made.applications).tobytes()


def frame(table):
    """The table as pandas has it: numbers in units, NaN where there is none."""
    decimals = {column.name: column.decimals for contract in CONTRACT.values() for column in contract.columns}
    found = table.to_pandas(date_as_object=False)
    return found.assign(**{name: found[name].astype(float) / 10 ** decimals[name]
                           for name in found if decimals[name]})  # fmt: skip
