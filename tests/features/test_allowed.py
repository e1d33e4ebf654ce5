"""Features of what consent allows: bit for bit those of a borrower without the rest, whoever else is in the table."""

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import InputError
from creditscore.estimators import FeatureBuilder
from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.storing import store_events
from creditscore.features import CATALOGUE
from creditscore.features.allowed import Allowed
from creditscore.features.build import build_features, compute, matrix_of, write_matrix
from creditscore.features.formula import ApplicationValue, parts
from creditscore.features.one import row_of
from creditscore.features.plan import make_plan
from creditscore.governance.categories import SHIPPED
from creditscore.governance.retention import CHINA
from creditscore.governance.sensitivity import Sensitivity
from creditscore.governance.visible import visible_rows
from tests.features.histories import as_events, generate
from tests.features.test_one import EPOCH, in_units, without_versions

PLAN = make_plan(CATALOGUE[::4], CHINA)
CATEGORIES = SHIPPED.with_own({"home": Sensitivity.WRITTEN_CONSENT})
GRANTS = (0, 1, 3, 5, 7)
FAMILIES = dict(enumerate(EVENT_TABLES))


def drawn(seed, borrowers=6):
    """Histories, applications and grants, of some borrowers unlike ones for their two applications."""
    histories, asked = generate(seed, borrowers)
    draw = np.random.default_rng(seed)
    return histories, asked, draw.choice(GRANTS, (len(asked), 3)).astype(np.int8)


def built(histories, asked, grants):
    events = as_events(histories, asked)
    return matrix_of(PLAN, events, events.applications, allowed=Allowed(grants, CATEGORIES))


def kept(table, row, grant):
    """The row as one of that grant may see it, None where not at all; a plain reading of the classes."""
    need = {"transactions": 1, "trips": 1 | 2, "obligations": 1 | 2}[table]
    if table == "transactions":
        need |= {"income": 4, "transfer_in": 2, "transfer_out": 2, "withdrawal": 2, "top_up": 2}.get(row["kind"], 0)
    if row.get("category") == "home":
        need |= 4
    if grant & need != need:
        return None
    hidden = {"balance": 4, "city": 2}
    return {name: None if not grant & hidden.get(name, 1) else value for name, value in row.items()}


def without(history, grants):
    shown = {
        table: [kept(table, row, grant) for row in history[table]]
        for table, grant in zip(EVENT_TABLES, grants, strict=True)
    }
    return {table: [row for row in rows if row is not None] for table, rows in shown.items()}


@pytest.mark.parametrize("seed", range(3))
def test_each_row_is_that_of_a_borrower_without_what_is_withheld(seed):
    histories, asked, grants = drawn(seed)
    found = built(histories, asked, grants)
    for row, application, own in zip(found, asked, grants.tolist(), strict=True):
        alone = {application["borrower_id"]: without(histories[application["borrower_id"]], own)}
        events = as_events(alone, [application])
        assert row.tobytes() == compute(PLAN, events, events.applications)[0].tobytes()


def test_a_store_gives_the_same_bits(tmp_path):
    histories, asked, grants = drawn(11, borrowers=20)
    events = as_events(histories, asked)
    tables = {name: table for name in EVENT_TABLES if (table := events.table(name)) is not None}
    loaded = load_events(**{name: in_memory(table) for name, table in tables.items()})
    store = store_events(tmp_path / "store", **{name: in_memory(table) for name, table in tables.items()})
    allowed = Allowed(grants, CATEGORIES)
    expected = matrix_of(PLAN, loaded, events.applications, allowed=allowed)
    assert matrix_of(PLAN, store, events.applications, allowed=allowed).tobytes() == expected.tobytes()
    file = write_matrix(PLAN, store, events.applications, tmp_path / "matrix", allowed=allowed)
    assert np.ascontiguousarray(file[:]).tobytes() == np.ascontiguousarray(expected).tobytes()


def in_memory(table):
    """A generated table as a platform would send it: money in units."""
    scales = {"amount": 100, "balance": 100, "amount_due": 100, "amount_paid": 100, "distance_km": 1_000}
    for name, scale in scales.items():
        if name in table.column_names:
            i = table.schema.get_field_index(name)
            values = table[name].cast(pa.float64()).to_pandas() / scale
            table = table.set_column(i, name, pa.array(values, from_pandas=True))
    return table


@pytest.mark.parametrize("seed", range(3))
def test_one_borrower_from_dicts_gives_the_same_bits(seed):
    histories, asked, _ = drawn(seed, borrowers=1)
    history = {name: without_versions(rows) for name, rows in histories["b0"].items()}
    events = load_events(**{name: rows for name, rows in history.items() if rows}, quarantine_limit=0)
    for application, grants in itertools.product(asked, itertools.product(GRANTS, (1, 3, 7), (0, 3))):
        row = in_units(application)
        as_of = EPOCH + dt.timedelta(microseconds=application["as_of"])
        table = load_events(applications=[{**row, "borrower_id": "b0", "as_of": as_of}]).applications
        expected = matrix_of(PLAN, events, table, allowed=Allowed(np.array([grants], np.int8), CATEGORIES))
        shown = visible_rows(history, grants, CATEGORIES)
        assert row_of(PLAN, shown, application["as_of"], row).tobytes() == expected.tobytes()


@pytest.mark.parametrize("seed", range(2))
def test_a_consent_changes_nobody_elses_row(seed):
    histories, asked, grants = drawn(seed)
    before = built(histories, asked, grants)
    draw = np.random.default_rng(seed)
    changed = grants.copy()
    row = int(draw.integers(len(asked)))
    changed[row] = draw.choice(GRANTS, 3)
    after = built(histories, asked, changed)
    others = np.arange(len(asked)) != row
    assert before[others].tobytes() == after[others].tobytes()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("family", EVENT_TABLES)
def test_another_event_of_a_withheld_family_changes_no_bit(seed, family):
    histories, asked, grants = drawn(seed)
    grants[:, EVENT_TABLES.index(family)] = 0
    before = built(histories, asked, grants)
    others, _ = generate(seed + 100, len(histories))
    more = {who: {**own, family: others[who][family]} for who, own in histories.items()}
    assert built(more, asked, grants).tobytes() == before.tobytes()


def test_two_applications_of_one_borrower_see_what_each_allows():
    histories, asked, _ = drawn(3, borrowers=1)
    asked = [{**asked[0], "application_id": name} for name in ("before", "after")]
    found = built(histories, asked, np.array([[7, 7, 7], [7, 0, 7]], np.int8))
    trips = [i for i, feature in enumerate(PLAN.features) if "trips" in feature.tables]
    others = [i for i in range(len(PLAN.features)) if i not in trips]
    assert np.isnan(found[1, trips]).all()
    assert not np.isnan(found[0, trips]).all()
    assert found[0, others].tobytes() == found[1, others].tobytes()


def test_masking_whole_families_is_making_their_features_missing():
    """What training does to a matrix that is already built."""
    histories, asked, _ = drawn(5)
    whole = built(histories, asked, np.full((len(asked), 3), 7, np.int8))
    for f, family in FAMILIES.items():
        grants = np.full((len(asked), 3), 7, np.int8)
        grants[:, f] = 0
        masked = whole.copy()
        masked[:, [i for i, feature in enumerate(PLAN.features) if family in feature.tables]] = np.nan
        np.testing.assert_array_equal(built(histories, asked, grants), masked)


def test_build_features_and_its_step_of_a_pipeline_take_consents():
    histories, asked, _ = drawn(5)
    events = as_events(histories, asked)
    family = {"purpose": "credit", "recipient": "bank", "given_at": "2000-01-01T00:00:00Z"}
    consents = [{**family, "borrower_id": who, "family": "transactions"} for who in list(histories)[::2]]
    whose = events.applications["borrower_id"].to_pylist()
    grants = np.array([[int(who in list(histories)[::2]), 0, 0] for who in whose], np.int8)
    expected = matrix_of(PLAN, events, events.applications, allowed=Allowed(grants, SHIPPED))
    terms = {"categories": {"home": "ordinary"}, "consents": consents, "purpose": "credit", "recipient": "bank"}
    found = build_features(events, features=CATALOGUE[::4], **terms)
    np.testing.assert_array_equal(found.drop_columns(["application_id"]).to_pandas().to_numpy(), expected)
    features = enumerate(PLAN.features)
    of_events = [i for i, one in features if not any(isinstance(own, ApplicationValue) for own in parts(one.formula))]
    step = FeatureBuilder(events, [PLAN.features[i] for i in of_events], **terms)
    asked_alone = events.applications.select(["borrower_id", "as_of"])
    np.testing.assert_array_equal(step.transform(asked_alone), expected[:, of_events])
    with pytest.raises(InputError, match=r"give purpose= and recipient="):
        build_features(events, features=CATALOGUE[:1], consents=consents)
