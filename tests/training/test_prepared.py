"""What training is prepared from: outcomes from a column or from loans' own obligations, in memory and from a store."""

import copy
import datetime as dt
from collections import Counter

import numpy as np
import pytest

from creditscore.config import TrainConfig
from creditscore.errors import TrainingError
from creditscore.events.load import load_events
from creditscore.events.storing import store_events
from creditscore.model.outcome import BAD, GOOD, IN_BETWEEN, INDETERMINATE, NO_OBLIGATIONS, NOT_OVER
from creditscore.model.split import UNUSED, split_samples
from creditscore.training import chosen_features, prepare
from creditscore.training.prepared import periods

DAY = dt.timedelta(days=1)
FIRST = dt.datetime(2024, 1, 10, 9, tzinfo=dt.UTC)
CONFIG = {
    "name": "loans",
    "population": "nobody",
    "pd_horizon_months": 6,
    "output": "runs/loans",
    "events": {"currency": "CNY", "applications": [{"files": "a.parquet"}]},
    "features": {"families": ["history"]},
    "consent": {"basis": "made people", "families": ["transactions", "obligations"]},
    "outcome": {"days_past_due": 90, "months": 6, "observed_until": "2025-01-01", "indeterminate_days": 30},
    "samples": {"train": {"from": "2024-01-01", "until": "2024-04-01"}, "test": {"from": "2024-04-01"}},
}
# Who pays how late: by the number of the borrower, days, None for never, or no loan at all.
HABITS = (0, 5, 45, 120, None, "none")
KINDS = {0: GOOD, 5: GOOD, 45: IN_BETWEEN, 120: BAD, None: BAD, "none": NO_OBLIGATIONS}
BORROWERS = 60


def config(**outcome):
    changed = copy.deepcopy(CONFIG)
    changed["outcome"] |= outcome
    return TrainConfig.model_validate(changed)


def plain_config():
    return TrainConfig.model_validate({name: part for name, part in CONFIG.items() if name != "outcome"})


def sources(**application):
    """A purchase before each application, and three instalments after it; at each borrower's own platform's numbers."""
    return {
        "transactions": [{"borrower_id": f"b{i}", "time": as_of(i) - DAY, "platform": "p", "kind": "purchase",
                          "amount": i} for i in range(BORROWERS)],
        "obligations": [one for i in range(BORROWERS) for one in instalments(i)],
        "applications": [{"application_id": f"a{i}", "borrower_id": f"b{i}", "as_of": as_of(i), **application}
                         for i in range(BORROWERS)],
    }  # fmt: skip


def as_of(i):
    return FIRST + 4 * i * DAY


def instalments(i, **more):
    habit = HABITS[i % len(HABITS)]
    if habit == "none":
        return []
    own = {"borrower_id": f"b{i}", "application_id": f"a{i}", "platform": "lender", "kind": "loan", "amount_due": 50}
    due = [as_of(i) + 20 * month * DAY for month in (1, 2, 3)]
    paid = [None if habit is None else one + habit * DAY for one in due]
    return [{**own, "event_id": f"{i}-{k}", "time": as_of(i), "due_at": due[k], "paid_at": paid[k], **more}
            for k in range(3)]  # fmt: skip


def expected(i):
    over = as_of(i) < dt.datetime(2024, 7, 1, tzinfo=dt.UTC)
    return KINDS[HABITS[i % len(HABITS)]] if over else NOT_OVER


def prepared_from(events, asked):
    return prepare(asked, events, chosen_features(asked))


@pytest.fixture(scope="module")
def events():
    return load_events(**sources())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return store_events(tmp_path_factory.mktemp("loans") / "store", **sources())


@pytest.fixture(params=["events", "store"])
def source(request):
    return request.getfixturevalue(request.param)


def test_the_configs_definition_makes_the_outcomes(source):
    found = prepared_from(source, config())
    kinds = [expected(i) for i in range(BORROWERS)]
    assert found.applications["application_id"].to_pylist() == [f"a{i}" for i in range(BORROWERS)]
    assert found.outcome_kind.tolist() == kinds
    assert Counter(kinds).keys() == {GOOD, BAD, IN_BETWEEN, NO_OBLIGATIONS, NOT_OVER}
    numbers = {GOOD: 0.0, BAD: 1.0}
    np.testing.assert_array_equal(found.outcome, [numbers.get(kind, np.nan) for kind in kinds])
    assert set(found.known("train", "test")) == {i for i, kind in enumerate(kinds) if kind in numbers}


def test_outcomes_are_known_at_the_windows_ends(source):
    found = prepared_from(source, config())
    assert found.known_at.dtype == np.dtype("datetime64[us]")
    assert found.known_at[:2].tolist() == [dt.datetime(2024, 7, 10, 9), dt.datetime(2024, 7, 14, 9)]
    times = [time for i in range(BORROWERS) for one in instalments(i) for time in (one["time"], one["paid_at"]) if time]
    last = max(time for time in times if time <= dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    assert found.obligations_until.item() == last.replace(tzinfo=None)
    train = found.samples == "train"
    assert (found.known_at[train] > np.datetime64("2024-04-01")).all()


def test_rows_follow_the_samples(source):
    asked = copy.deepcopy(CONFIG)
    asked["samples"] = {"train": {"from": "2024-02-01", "until": "2024-04-01"},
                        "test": {"from": "2024-05-01", "until": "2024-06-01"}}  # fmt: skip
    asked = TrainConfig.model_validate(asked)
    found = prepared_from(source, asked)
    used = np.flatnonzero(split_samples(source.applications, periods(asked)) != UNUSED)
    assert 0 < len(used) < BORROWERS
    assert found.outcome_kind.tolist() == [expected(int(i)) for i in used]


def test_a_store_reads_no_other_table_for_outcomes_and_notice(store, monkeypatch):
    read, group = [], type(store).group
    monkeypatch.setattr(type(store), "group", lambda self, *of: read.append(group(self, *of)) or read[-1])
    prepared_from(store, config())
    alone = [one.obligations.num_rows for one in read if one.transactions is None]
    # once for outcomes, and once to count negative ones without prior notice
    assert sum(alone) == 2 * len(sources()["obligations"])
    assert len(read) == 3 * len(alone) // 2


def test_ids_that_one_table_has_as_numbers_are_found_in_a_store(tmp_path):
    given = sources()
    for name, kind in (("obligations", int), ("applications", str)):
        for row in given[name]:
            row["application_id"] = kind(row["application_id"][1:])
    store = store_events(tmp_path / "store", **given)
    assert prepared_from(store, config()).outcome_kind.tolist() == [expected(i) for i in range(BORROWERS)]


def test_without_a_definition_the_column_holds():
    rows = sources()
    for i, row in enumerate(rows["applications"]):
        row["outcome"] = (0, 1, None)[i % 3]
    found = prepared_from(load_events(**rows), plain_config())
    assert found.outcome_kind.tolist() == [GOOD, BAD, INDETERMINATE] * 20
    np.testing.assert_array_equal(found.outcome, [0, 1, np.nan] * 20)
    assert np.isnat(found.known_at).all()
    assert np.isnat(found.obligations_until)


def test_the_samples_own_column_is_as_it_was(prepared):
    np.testing.assert_array_equal(prepared.outcome, prepared.applications["outcome"].to_numpy().astype(float))
    assert {kind: int((prepared.outcome_kind == kind).sum()) for kind in (GOOD, BAD)} == {
        GOOD: int((prepared.outcome == 0).sum()), BAD: int((prepared.outcome == 1).sum()),
    }  # fmt: skip


def test_a_definition_and_a_column_need_a_choice():
    both = load_events(**sources(outcome=0))
    with pytest.raises(TrainingError, match=r"'outcome' column too; say which holds by outcome\.prefer"):
        prepared_from(both, config())
    assert prepared_from(both, config(prefer="column")).outcome_kind.tolist() == [GOOD] * BORROWERS
    made = prepared_from(both, config(prefer="definition"))
    assert made.outcome_kind.tolist() == [expected(i) for i in range(BORROWERS)]


def test_a_column_that_is_preferred_but_not_there_leaves_the_definition(events):
    assert prepared_from(events, config(prefer="column")).outcome_kind[1] == GOOD


def test_observed_until_may_be_a_window_after_the_last_thing_known():
    given = {**sources(), "obligations": [{**one, "paid_at": None} for i in range(BORROWERS) for one in instalments(i)]}
    events = load_events(**given)
    # the last loan was granted on 29 August 2024, and its window ends on 28 February
    found = prepared_from(events, config(observed_until="2025-03-01"))
    assert found.obligations_until.item() == as_of(BORROWERS - 2).replace(tzinfo=None)
    with pytest.raises(TrainingError, match=r"6 months after the last thing known of obligations \(2024-08-29\)"):
        prepared_from(events, config(observed_until="2025-03-02"))


def changed_obligations(**more):
    return {**sources(), "obligations": [one for i in range(BORROWERS) for one in instalments(i, **more)]}


WRONG = {
    "no obligations": ({**sources(), "obligations": []}, {}, "there are none: name their files under events"),
    "of no application": (changed_obligations(application_id=None), {}, "map the obligations' application_id"),
    "of other borrowers": (changed_obligations(borrower_id="x"), {}, "check that borrower ids agree"),
    "recorded too late": (changed_obligations(recorded_at="2025-06-01T00:00Z"), {}, "recorded_at is not after"),
    "known too early": (changed_obligations(time="2023-06-01T00:00Z"), {}, "150 obligations were known before"),
    "observed for years": (sources(), {"observed_until": "2029-01-01"}, "is more than 6 months after"),
    "not observed yet": (sources(), {"observed_until": "2024-06-01"}, "no application's 6 months are over"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_obligations_that_do_not_fit_are_refused_with_the_fix(case):
    given, outcome, fix = WRONG[case]
    with pytest.raises(TrainingError, match=fix):
        prepared_from(load_events(**given), config(**outcome))
