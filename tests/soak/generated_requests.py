"""Generated requests: each gives a finite score, "not scorable", or a typed error that tells nothing of the borrower.

    python -m tests.soak.generated_requests --requests 100000

Hypothesis draws histories of all tables in which any value may be anything that JSON or a caller could hand in, from
rows that are nearly right to such that are nothing at all, as lists of dicts and as Arrow; applications; times; and
features already built. Ids and text that a borrower could be known by bear a mark that must not be in an error, a
warning or a log line. Prints how many came to what; stops at the first that came to anything else, in a small form.
"""

import argparse
import datetime as dt
import io
import logging
import math
import sys
import time
import warnings
from collections import Counter

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from creditscore.errors import InputError
from creditscore.events.schema import CONTRACT, EVENT_TABLES
from creditscore.scoring import Score, score, score_features
from tests.scorecard.small import small_card

MARK = "Zhang-17"
# a value of a borrower's, as told by its digits
AMOUNT = 73519.27
PLAIN = {
    "time": st.datetimes(dt.datetime(2023, 1, 1), dt.datetime(2025, 6, 29)).map(lambda t: t.isoformat() + "+08:00"),
    "fixed": st.one_of(st.just(AMOUNT), st.decimals(0, 5_000, places=2).map(float)),
    "integer": st.integers(0, 600),
}
EXTREME = (
    float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 5e-324, -0.0, 10**400, 2**63, -(2**63), 2**64, True, "",
    "\x00", "\ud800", "=1+1", "12", [], {}, [1], {"a": 1}, b"bytes", object, None, (), {1}, "2025-01-01",
    "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "2025-13-41T00:00:00Z", dt.datetime(2025, 1, 1),
    dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC), dt.date(2025, 1, 1),
    dt.timedelta(1), 1_735_689_600, MARK, MARK * 400,
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.datetimes(), st.binary(max_size=4)
)
WEIRD = st.one_of(st.sampled_from(EXTREME), SCALARS, st.lists(SCALARS, max_size=2))
APPLICATION = {"amount": 9_000.0, "term_months": 6.0, "instalment": 1_600.0}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    start = time.perf_counter()
    outcomes = answered(asked.requests, asked.seed)
    print(
        f"{sum(outcomes.values()):,} requests in {time.perf_counter() - start:.0f} s, none came to anything else than"
    )
    for outcome, count in outcomes.most_common():
        print(f"  {count:>8,} {outcome}")
    return 0


def answered(requests, first_seed):
    """What so many drawn requests came to; AssertionError or whatever was raised where that is none of the three."""
    card, outcomes = small_card(), Counter()

    @seed(first_seed)
    @settings(
        max_examples=requests,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(asked())
    def ask(request):
        outcomes[outcome_of(card, *request)] += 1

    ask()
    return outcomes


def outcome_of(card, call, arguments):
    """One of the three; what is told must not bear the mark."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    logging.getLogger().addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            outcome = _outcome(card, call, arguments, told)
        told.write(" ".join(str(one.message) for one in warned))
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(told.getvalue()) < 4_000, "an error too long to read"
    assert MARK not in told.getvalue(), f"an id is told: {told.getvalue()[:300]}"
    assert f"{AMOUNT:.2f}" not in told.getvalue(), f"a value is told: {told.getvalue()[:300]}"
    return outcome


def _outcome(card, call, arguments, told):
    try:
        found = call(card, **arguments)
    except InputError as error:
        told.write(str(error))
        return type(error).__name__
    if isinstance(found, pa.Table):
        points = [one for one in found["unrounded_points"].to_pylist() if one is not None]
        assert all(map(math.isfinite, points))
        return "a table"
    assert isinstance(found, Score)
    if not found.scorable:
        assert found.why_not
        return "not scorable"
    assert all(map(math.isfinite, [found.points, found.unrounded, found.pd]))
    assert card.scale.lowest <= found.points <= card.scale.highest
    return "a score"


@st.composite
def asked(draw):
    """A call and its arguments: mostly sound, with something wrong in most."""
    if draw(st.integers(0, 4)) == 0:
        return score_features, {"features": draw(built())}
    arguments = {"history": draw(histories()), "as_of": draw(st.one_of(st.just("2025-06-30T12:00:00+08:00"), WEIRD))}
    if draw(st.booleans()):
        arguments["application"] = draw(st.one_of(st.just(APPLICATION), _spoilt(APPLICATION), WEIRD))
    if draw(st.integers(0, 9)) == 0:
        arguments["reference"] = draw(WEIRD)
    return score, arguments


@st.composite
def histories(draw):
    """Tables by name; each a list of dicts, or the same as Arrow where that can be made of it."""
    if draw(st.integers(0, 30)) == 0:
        return draw(WEIRD)
    history = {}
    for name in EVENT_TABLES:
        if draw(st.booleans()):
            history[name] = draw(tables(name))
    if draw(st.integers(0, 20)) == 0:
        history[draw(st.one_of(st.text(max_size=5), st.integers()))] = draw(WEIRD)
    return history


@st.composite
def tables(draw, name):
    if draw(st.integers(0, 30)) == 0:
        return draw(WEIRD)
    some = draw(st.lists(rows(name), max_size=6))
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        if some:
            at = draw(st.integers(0, len(some) - 1))
            some[at] = draw(st.one_of(_spoilt(some[at]), WEIRD)) if isinstance(some[at], dict) else some[at]
    if draw(st.integers(0, 5)) == 0:
        try:
            return pa.Table.from_pylist(some)
        except Exception:  # Arrow makes no table of these
            return some
    return some


@st.composite
def rows(draw, name):
    """A row of the contract, sound or nearly."""
    row = {"event_id": f"{MARK}-{draw(st.integers(0, 40))}"}
    for column in CONTRACT[name].columns:
        if column.name in row or not (column.required or draw(st.booleans())):
            continue
        if column.kind == "category":
            row[column.name] = draw(st.sampled_from(column.values or (MARK, "a", "b")))
        elif column.kind in PLAIN:
            row[column.name] = draw(PLAIN[column.kind])
        else:
            row[column.name] = MARK
    return row


def _spoilt(row):
    """A dict with one value that is another thing, missing, or under another name."""
    names = st.sampled_from(sorted(row)) if row else st.just("time")
    return st.one_of(
        st.tuples(names, WEIRD).map(lambda change: {**row, change[0]: change[1]}),
        names.map(lambda name: {key: value for key, value in row.items() if key != name}),
        st.tuples(st.text(max_size=4), WEIRD).map(lambda change: {**row, change[0]: change[1]}),
    )


@st.composite
def built(draw):
    """Features already built: a mapping or a table, mostly sound."""
    names = small_card().plan.names
    row = {name: draw(st.one_of(st.none(), st.just(AMOUNT), st.floats(-1e6, 1e6))) for name in names}
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(st.one_of(_spoilt(row), WEIRD))
    if kind == 1:
        return draw(_spoilt(row))
    try:
        return pa.Table.from_pylist([row, draw(_spoilt(row))]) if kind == 2 else row
    except Exception:  # Arrow makes no table of these
        return row


if __name__ == "__main__":
    sys.exit(main())
