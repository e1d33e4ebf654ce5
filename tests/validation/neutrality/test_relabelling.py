"""Platforms under other names: features, scores and reasons keep every bit, in a table, from a store, and for one."""

import datetime as dt

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.storing import temporary_store
from creditscore.features.build import matrix_of
from creditscore.features.one import row_of
from creditscore.scoring import score
from tests.features.histories import generate
from tests.features.test_one import EPOCH, in_units

OLD = ("a", "b", "c")
NEW = st.lists(
    st.text("abcxyz平台 0", min_size=1, max_size=6).filter(str.strip), min_size=3, max_size=3, unique_by=str.strip
)
few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def sources(seed, names):
    """Histories and applications as platforms of these names would send them."""
    called = dict(zip(OLD, names, strict=True))
    histories, asked = generate(seed)
    tables = {
        table: [
            {**in_units(row), "borrower_id": who, "platform": called[row["platform"]]}
            for who, history in histories.items()
            for row in history[table]
        ]
        for table in EVENT_TABLES
    }
    applications = [{**in_units(one), "as_of": EPOCH + dt.timedelta(microseconds=one["as_of"])} for one in asked]
    return {name: rows for name, rows in tables.items() if rows} | {"applications": applications}


@given(seed=st.integers(0, 10_000), names=NEW)
@few
def test_a_table_and_a_store(card, seed, names):
    found = []
    for called in (OLD, names):
        given_rows = {**sources(seed, called), "quarantine_limit": 1.0}
        events = load_events(**given_rows)
        with temporary_store(**given_rows) as store:
            for kept in (events, store):
                features = matrix_of(card.plan, kept, kept.applications)
                found.append((features.tobytes(), score(card, kept, applications=kept.applications)))
    assert len({features for features, _ in found}) == 1
    assert all(table.equals(found[0][1]) for _, table in found)


@given(seed=st.integers(0, 10_000), names=NEW)
@few
def test_one_borrower_with_reasons_and_the_records_behind_them(card, seed, names):
    back = {**{new: old for old, new in zip(OLD, names, strict=True)}, **{old: old for old in OLD if old not in names}}
    old, new = sources(seed, OLD), sources(seed, names)
    application = old["applications"][0]
    own = {name: application[name] for name in ("amount", "term_months", "instalment")}
    rows, scores = [], []
    for given_rows in (old, new):
        history = {
            table: _once([row for row in given_rows.get(table, []) if row["borrower_id"] == application["borrower_id"]])
            for table in EVENT_TABLES
        }
        rows.append(row_of(card.plan, history, round(application["as_of"].timestamp() * 1e6), own).tobytes())
        scores.append(score(card, history, as_of=application["as_of"], application=own, records=True))
    assert rows[0] == rows[1]
    one, other = scores
    assert (one.points, one.unrounded, one.pd, one.grade) == (other.points, other.unrounded, other.pd, other.grade)
    assert [(r.code, r.points) for r in one.reasons] == [(r.code, r.points) for r in other.reasons]
    assert _records(one) == _records(other, back)


def test_a_sample_of_real_size(card, sample_events):
    asked = sample_events.applications.slice(0, 300)
    as_it_is = score(card, sample_events, applications=asked)
    renamed = type(sample_events)(
        **{name: _reversed_names(sample_events.table(name)) for name in EVENT_TABLES},
        applications=sample_events.applications,
        currency=sample_events.currency,
    )
    assert score(card, renamed, applications=asked).equals(as_it_is)


def _reversed_names(table):
    """The platforms' names in the other alphabetical order."""
    i = table.schema.get_field_index("platform")
    names = table["platform"].to_pylist()
    order = sorted(set(names))
    other = dict(zip(order, [f"{9 - n}-{name}" for n, name in enumerate(order)], strict=True))
    return table.set_column(i, "platform", pa.array([other[name] for name in names]).dictionary_encode())


def _once(rows):
    """One version of each event: one borrower's lists take no others."""
    return list({row["event_id"]: row for row in reversed(rows)}.values())


def _records(found, back=None):
    called = back or {name: name for name in OLD}
    return [
        (reason.code, one.feature, [(record.table, called[record.platform], record.event_id) for record in one.records])
        for reason in found.reasons
        for one in reason.evidence
    ]
