"""Events → arrays: one order whatever the rows' order, one version at a time, sums that cannot overflow."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import InputError
from creditscore.events.schema import MADE_ID
from creditscore.features import CATALOGUE, count, distinct, mean, obligations, total, transactions, trips
from creditscore.features.arrange import arrange, layout_of
from creditscore.features.build import compute
from creditscore.features.columns import NEVER, NULL
from creditscore.features.gather import gather, owners, source_of
from creditscore.features.grouping import group, wanted
from creditscore.features.plan import make_plan
from creditscore.features.verdicts import verdicts_of
from tests.features.histories import NOW, as_events, as_table, generate
from tests.features.oracle import DAY_US

HOUR_US = 3_600_000_000
BORROWERS = pa.array(["b0", "b1"])
COUNTED = count(transactions, days=30)


def transaction(**given):
    row = {"borrower_id": "b0", "event_id": "e", "time": NOW - DAY_US, "platform": "a", "kind": "purchase",
           "amount": 100, "status": "completed", "utc_offset_minutes": 0}  # fmt: skip
    return {**row, **given}


def arranged(rows, features=COUNTED, table="transactions", borrowers=BORROWERS):
    """The columns, each event's row in the table, and the plan."""
    (plan,) = make_plan(list(features)).tables
    made = as_table(table, rows)
    source = source_of(made, plan)
    with ThreadPoolExecutor(1) as pool:
        codes, place = owners(made["borrower_id"], borrowers)
        asked = wanted(place, np.full(len(borrowers), NULL), np.full(len(borrowers), NEVER))
        order, starts = group(codes, source.numbers["time"], asked, len(borrowers), pool, 1)
    events = gather(source, plan, order, starts)
    verdicts = verdicts_of(plan, [source.words.get(name, []) for name in plan.codes])
    return arrange(events, plan, layout_of(plan), verdicts), order.tolist(), plan


def test_events_are_put_by_borrower_then_time_and_strangers_left_out():
    rows = [transaction(borrower_id=borrower, time=NOW - days * DAY_US, event_id=f"e{days}")
            for borrower, days in [("b1", 1), ("b0", 1), ("stranger", 3), ("b1", 9), ("b0", 5)]]  # fmt: skip
    columns, order, _ = arranged(rows)
    assert order == [4, 1, 3, 0]
    assert columns.starts.tolist() == [0, 2, 4]
    assert columns.time.tolist() == [NOW - days * DAY_US for days in (5, 1, 9, 1)]


def test_a_borrower_without_events_owns_none():
    columns, order, _ = arranged([transaction(borrower_id="b1")])
    assert (columns.starts.tolist(), order) == ([0, 0, 1], [0])


@pytest.mark.parametrize("seed", range(5))
def test_ties_are_settled_by_event_id_whatever_the_rows_order_and_platform(seed):
    draw = np.random.default_rng(seed)
    ids = draw.permutation([f"e{i}" for i in range(9)]).tolist()
    rows = [transaction(event_id=one, platform=str(draw.choice(["a", "b", "z"]))) for one in ids]
    _, order, _ = arranged(rows)
    assert [ids[place] for place in order] == sorted(ids)


@pytest.mark.parametrize("seed", range(5))
def test_ties_of_ids_made_from_row_numbers_are_settled_by_content_and_not_by_platform(seed):
    draw = np.random.default_rng(seed)
    amounts = draw.permutation(9).tolist()
    rows = [transaction(event_id=f"row:{i}", amount=amount, platform=str(draw.choice(["a", "b", "z"])))
            for i, amount in enumerate(amounts)]  # fmt: skip
    _, order, _ = arranged(rows)
    assert [amounts[place] for place in order] == sorted(amounts)


def test_a_version_is_superseded_when_the_next_one_is_recorded():
    recorded = [NOW - days * DAY_US for days in (20, 10, 4)]
    rows = [transaction(time=NOW - 30 * DAY_US, recorded_at=one) for one in (recorded[1], recorded[2], recorded[0])]
    columns, order, _ = arranged(rows)
    until = {order[i]: columns.superseded_at[i] for i in range(3)}
    assert until == {2: recorded[1], 0: recorded[2], 1: NEVER}


@pytest.mark.parametrize("other", [{"platform": "b"}, {"borrower_id": "b1"}, {"event_id": "e2"}])
def test_the_same_id_of_another_platform_or_borrower_is_no_version(other):
    rows = [transaction(), transaction(), transaction(**other, recorded_at=NOW)]
    columns, order, _ = arranged(rows)
    assert (columns.superseded_at[order.index(2)], (columns.superseded_at == NEVER).sum()) == (NEVER, 2)


def test_an_event_is_known_from_its_recording_and_not_before_it_happened():
    rows = [transaction(event_id="1"), transaction(event_id="2", recorded_at=NOW),
            transaction(event_id="3", recorded_at=NOW - 9 * DAY_US)]  # fmt: skip
    columns, _, _ = arranged(rows)
    assert columns.known_at.tolist() == [NOW - DAY_US, NOW, NOW - DAY_US]


def test_a_transactions_status_is_known_from_its_own_time_else_from_the_recording():
    rows = [transaction(event_id="1"), transaction(event_id="2", recorded_at=NOW - 5),
            transaction(event_id="3", recorded_at=NOW - 5, status_at=NOW - 3)]  # fmt: skip
    columns, _, _ = arranged(rows)
    assert columns.status_from.tolist() == [NOW - DAY_US, NOW - 5, NOW - 3]


def test_a_trips_status_is_known_from_its_own_time_else_from_departure_else_never():
    trip = transaction(mode="rail")
    rows = [{**trip, "event_id": "1", "departs_at": NOW, "status_at": NOW - 9},
            {**trip, "event_id": "2", "departs_at": NOW}, {**trip, "event_id": "3"}]  # fmt: skip
    columns, _, _ = arranged(rows, count(trips, days=30), "trips")
    assert columns.status_from.tolist() == [NOW - 9, NOW, NEVER]


def test_hours_and_weekdays_are_the_events_own():
    # 1 January 1970 was a Thursday, weekday 3
    rows = [transaction(event_id="1", time=0), transaction(event_id="2", time=1, utc_offset_minutes=-30),
            transaction(event_id="3", time=2, utc_offset_minutes=14 * 60 + 30)]  # fmt: skip
    columns, _, plan = arranged(rows, [mean(transactions.hour, days=30), mean(transactions.weekday, days=30)])
    assert columns.numbers[plan.numbers.index("hour")].tolist() == [0, 23, 14]
    assert columns.numbers[plan.numbers.index("weekday")].tolist() == [3, 2, 3]


def test_the_night_runs_round_midnight():
    night = count(transactions.where(hour=(23, 5)), days=30)
    rows = [transaction(event_id=f"{hour:02}", time=hour * HOUR_US) for hour in range(24)]
    columns, _, _ = arranged(rows, night)
    assert np.flatnonzero(columns.bits[0]).tolist() == [0, 1, 2, 3, 4, 23]


def test_missing_numbers_and_texts_meet_no_condition():
    features = [count(transactions.where(balance=(None, None)), days=30),
                count(transactions.where(channel=("app", "web")), days=30)]  # fmt: skip
    columns, _, _ = arranged([transaction(event_id="1", balance=5, channel="app"), transaction(event_id="2")], features)
    assert columns.bits[0].tolist() == [0b11, 0b00]


def test_an_end_of_a_range_is_compared_to_the_cent():
    rows = [transaction(event_id=str(cents), amount=cents) for cents in (1_049, 1_050, 1_149, 1_150)]
    columns, _, _ = arranged(rows, count(transactions.where(amount=(10.5, 11.5)), days=30))
    assert columns.bits[0].tolist() == [0, 1, 1, 0]


def test_days_between_booking_and_departure_are_missing_without_a_departure():
    trip = transaction(mode="rail")
    rows = [{**trip, "event_id": "1", "departs_at": NOW}, {**trip, "event_id": "2"}]
    columns, _, plan = arranged(rows, mean(trips.lead_days, days=30), "trips")
    assert columns.numbers[plan.numbers.index("lead_days")].tolist() == [DAY_US, NULL]


def test_sums_too_large_to_be_exact_are_refused():
    rows = [transaction(event_id=str(i), amount=2**62) for i in range(2)]
    with pytest.raises(InputError, match=r"column 'amount'.* cannot be added exactly"):
        arranged(rows, total(transactions.amount, days=30))
    assert arranged(rows[:1], total(transactions.amount, days=30))


def test_large_debts_below_zero_are_refused_too():
    rows = [transaction(event_id=str(i), balance=-(2**62)) for i in range(2)]
    with pytest.raises(InputError, match="column 'balance'"):
        arranged(rows, total(transactions.balance, days=30))


def test_columns_that_no_feature_reads_are_not_arranged():
    columns, _, plan = arranged([transaction()])
    assert plan.numbers == plan.codes == ()
    assert columns.numbers.shape == columns.codes.shape == (0, 1)


def test_payments_too_large_to_be_added_are_refused_too():
    owed = transaction(kind="loan", due_at=NOW, amount_due=1)
    rows = [{**owed, "event_id": str(i), "paid_at": NOW - 1, "amount_paid": 2**62} for i in range(2)]
    with pytest.raises(InputError, match="column 'amount_paid'"):
        arranged(rows, total(obligations.amount_paid, days=30), "obligations")


@pytest.mark.parametrize("seed", range(3))
def test_chunks_with_dictionaries_of_their_own_give_the_same_bits_as_one(seed):
    histories, asked = generate(seed)
    whole = as_events(histories, asked)
    apart = {name: pa.concat_tables([_own_dictionaries(part) for part in _cut(whole.table(name))])
             for name in ("transactions", "trips", "obligations")}  # fmt: skip
    plan = make_plan(CATALOGUE)
    one = compute(plan, whole, whole.applications)
    assert compute(plan, type(whole)(**apart), whole.applications).tobytes() == one.tobytes()


def _cut(table):
    third = table.num_rows // 3
    return [table.slice(0, third), table.slice(third, third), table.slice(2 * third)]


def _own_dictionaries(table):
    columns = [column.combine_chunks().cast(pa.string()).dictionary_encode() if pa.types.is_dictionary(column.type)
               else column for column in table.columns]  # fmt: skip
    return pa.table(columns, names=table.column_names)


def test_borrowers_known_by_number_give_the_same_as_by_text():
    histories, asked = generate(2)
    events = as_events(histories, asked)
    as_number = {f"b{i}": i for i in range(len(histories))}
    renamed = {name: _renumbered(events.table(name), as_number)
               for name in ("transactions", "trips", "obligations", "applications")}  # fmt: skip
    plan = make_plan([count(transactions, days="all"), distinct(trips.destination, days="all")])
    one = compute(plan, events, events.applications)
    assert compute(plan, type(events)(**renamed), renamed["applications"]).tobytes() == one.tobytes()


def _renumbered(table, as_number):
    place = table.column_names.index("borrower_id")
    numbers = pa.array([as_number[one] for one in table["borrower_id"].to_pylist()], pa.int64())
    return table.set_column(place, "borrower_id", numbers)


def test_what_became_known_later_does_not_change_the_order_of_ties():
    """Two bills of one instant, alike but for their payment: the one still unpaid stays last, whenever it is paid."""
    bill = {"time": NOW, "platform": "a", "kind": "bill", "due_at": NOW, "amount_due": 100, "utc_offset_minutes": 0}
    orders = []
    for later in (None, NOW + 9, NOW + 99):
        rows = [{**bill, "event_id": f"{MADE_ID}f:{i}", "borrower_id": "b0", "paid_at": paid}
                for i, paid in enumerate((later, NOW + 5))]  # fmt: skip
        _, order, _ = arranged(rows, count(obligations, days=30), "obligations")
        orders.append(order)
    assert orders == [[1, 0]] * 3
