"""Events by borrower and time, one version at a time, whatever the tables' chunks and ids."""

import pyarrow as pa
import pytest

from creditscore.features import CATALOGUE, count, distinct, transactions, trips
from creditscore.features.build import compute
from creditscore.features.columns import NEVER
from creditscore.features.plan import make_plan
from tests.features.arranging import arranged, transaction
from tests.features.histories import NOW, as_events, generate
from tests.features.oracle import DAY_US


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


def test_columns_that_no_feature_reads_are_not_arranged():
    columns, _, plan = arranged([transaction()])
    assert plan.numbers == plan.codes == ()
    assert columns.numbers.shape == columns.codes.shape == (0, 1)


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
