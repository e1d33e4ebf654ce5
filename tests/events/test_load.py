"""Files and frames to Events: nothing lost, nothing guessed, the same whatever they came in."""

import datetime as dt
import math
import time
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import InputError, QuarantineError, SchemaError
from creditscore.events.load import Source, load_events
from creditscore.events.schema import ALL_MADE, CATEGORY, CONTRACT, MADE_ID, TIME, TRANSACTIONS

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def bill(**changes):
    """A sound transaction, with changes."""
    row = {"borrower_id": "b1", "event_id": "e1", "time": NOON, "platform": "p", "kind": "purchase", "amount": 12.5}
    return {**row, **changes}


def application(**changes):
    return {"application_id": "a1", "borrower_id": "b1", "as_of": NOON, **changes}


def bills(rows, limit=1.0, **options):
    return load_events(transactions=Source(rows, **options), quarantine_limit=limit)


def reasons(events):
    return events.quarantine.rows["reason"].to_pylist()


def only_reason(**changes):
    events = bills([bill(**changes)])
    assert events.transactions.num_rows == 0
    (reason,) = reasons(events)
    return reason


MANY = [
    bill(event_id="007", amount=0.575, category="饮食", status="cancelled", status_at=NOON + dt.timedelta(hours=3)),
    bill(borrower_id="王", event_id="e,2", time=NOON.replace(microsecond=7), amount=3.0, category='a "b"\nc'),
    bill(event_id="e3", kind="refund", amount=1e9, merchant_id="0012", balance=-4.25),
    bill(event_id="e4", kind="gift"),
]


def table_of_many():
    names = dict.fromkeys(name for row in MANY for name in row)
    return pa.table({name: [row.get(name) for row in MANY] for name in names})


def as_csv(path, table):
    times = [name for name in table.column_names if pa.types.is_timestamp(table[name].type)]
    for name in times:
        texts = [value and value.isoformat() for value in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    with pa.output_stream(path) as out:
        pa.csv.write_csv(table, out)
    return path


def as_folder(path, table, write):
    path.mkdir()
    write(table.slice(2), path / "2.file")
    write(table.slice(0, 2), path / "1.file")
    (path / "_SUCCESS").touch()
    for file in path.glob("*.file"):
        file.rename(file.with_suffix(".parquet"))
    return path


def row_groups(path, table):
    pq.write_table(table, path, row_group_size=1)
    return path


FORMS = {
    "dicts": lambda _, table: table.to_pylist(),
    "arrow": lambda _, table: table,
    "arrow in chunks": lambda _, table: pa.concat_tables([table.slice(0, 1), table.slice(1)]),
    "pandas": lambda _, table: table.to_pandas(),
    "pandas categories": lambda _, table: table.to_pandas().astype({"kind": "category", "platform": "category"}),
    "polars": lambda _, table: pl.from_arrow(table),
    "polars categories": lambda _, table: pl.from_arrow(table).with_columns(pl.col("kind").cast(pl.Categorical)),
    "parquet": lambda path, table: row_groups(path / "x.parquet", table),
    "csv": lambda path, table: as_csv(path / "x.csv", table),
    "csv.gz": lambda path, table: as_csv(path / "x.csv.gz", table),
    "folder": lambda path, table: as_folder(path / "x", table, pq.write_table),
    "pattern": lambda path, table: str(as_folder(path / "y", table, pq.write_table) / "*.parquet"),
    "list": lambda _, table: [table.slice(0, 1), Source(table.slice(1))],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_events(form, tmp_path):
    expected = load_events(transactions=MANY, quarantine_limit=1)
    got = load_events(transactions=FORMS[form](tmp_path, table_of_many()), quarantine_limit=1)
    assert got == expected
    assert reasons(got) == reasons(expected)
    assert got.transactions["amount"].to_pylist() == [58, 300, 10**11]
    assert all(column.num_chunks == 1 for column in got.transactions.columns)


def test_a_table_has_the_contract_s_columns_and_types():
    table = bills([bill()]).transactions
    assert table.schema.names == [column.name for column in TRANSACTIONS.columns]
    assert table.schema.types == [CATEGORY, *(column.type for column in TRANSACTIONS.columns[1:])]
    assert (table.schema.field("kind").type, table.schema.field("time").type) == (CATEGORY, TIME)


def test_tables_not_given_are_none_and_no_rows_make_an_empty_table():
    events = load_events(trips=[], currency="CNY")
    assert events.trips.num_rows == 0
    assert events.trips.schema.names == [column.name for column in CONTRACT["trips"].columns]
    assert (events.transactions, events.currency) == (None, "CNY")


def test_keys_that_only_later_dicts_have_are_read():
    assert bills([bill(), bill(event_id="e2", city="布拉格")]).transactions["city"].to_pylist() == [None, "布拉格"]


def test_chinese_names_and_words_are_mapped():
    rows = [{"用户": "王伟", "编号": "1", "时间": "2024-03-01 20:00", "类型": "消费", "金额": "12.50", "一级": "餐饮"}]
    source = Source(
        [rows[0], {**rows[0], "编号": "2", "类型": "fee", "二级": "面"}],
        platform="美食",
        columns={
            "borrower_id": "用户", "event_id": "编号", "time": "时间", "kind": "类型", "amount": "金额",
            "category": ["一级", "二级"],
        },
        values={"kind": {"消费": "purchase"}},
        constants={"channel": "小程序"},
        timezone="Asia/Shanghai",
    )  # fmt: skip
    first, second = load_events(transactions=source).transactions.to_pylist()
    assert first["time"] == NOON
    assert (first["kind"], first["category"], first["platform"], first["channel"]) == (
        "purchase", "餐饮 | ", "美食", "小程序"
    )  # fmt: skip
    assert (first["amount"], first["utc_offset_minutes"], first["status"]) == (1250, 480, "completed")
    assert (second["kind"], second["category"]) == ("fee", "餐饮 | 面")


def test_a_status_that_is_missing_is_the_default():
    table = bills([bill(), bill(event_id="2", status="failed")]).transactions
    assert table["status"].to_pylist() == ["completed", "failed"]


def test_rows_are_quarantined_with_source_row_and_reason(tmp_path):
    path = tmp_path / "bills.parquet"
    pq.write_table(pa.Table.from_pylist([bill(), bill(event_id="2", amount=-1.0)]), path)
    events = bills(path)
    assert events.quarantine.rows.to_pylist() == [
        {"table": "transactions", "source": "bills.parquet", "row": 1, "reason": "amount below zero"}
    ]
    assert events.quarantine.read == {"transactions": 2}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"borrower_id": None}, "borrower_id missing"),
        ({"borrower_id": ""}, "borrower_id missing"),
        ({"time": None}, "time missing"),
        ({"time": "soon"}, "time unreadable"),
        ({"time": "2024-03-01T12:00"}, "time without a zone"),
        ({"time": dt.date(2024, 3, 1)}, "time without a zone"),
        ({"time": NOON.replace(year=1899)}, "time before 1900 or after 2199"),
        ({"time": "2200-01-01T00:00Z"}, "time before 1900 or after 2199"),
        ({"status_at": "2200-01-01T00:00Z"}, "status_at before 1900 or after 2199"),
        ({"kind": None}, "kind missing"),
        ({"platform": ""}, "platform missing"),
        ({"amount": None}, "amount missing"),
        ({"amount": math.nan}, "amount not a number"),
        ({"balance": math.nan}, "balance not a number"),
        ({"amount": math.inf}, "amount infinite"),
        ({"amount": "12,50"}, "amount not a number"),
        ({"amount": -0.01}, "amount below zero"),
        ({"amount": 1.0001e12}, "amount beyond 1,000,000,000,000"),
        ({"kind": "gift"}, "unknown kind 'gift': not one of the contract's values"),
        ({"status": "open"}, "unknown status 'open': not one of the contract's values"),
        ({"utc_offset_minutes": 1_081}, "utc_offset_minutes beyond 1,080"),
        ({"utc_offset_minutes": 7.5}, "utc_offset_minutes not a whole number"),
    ],
)
def test_a_bad_row_has_its_reason(changes, reason):
    assert only_reason(**changes) == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"time": NOON.replace(year=1900, month=1, day=1, hour=0)},
        {"time": "2199-12-31T23:59:59.999999Z"},
        {"amount": 0},
        {"amount": 1e12},
        {"amount": Decimal("12.50")},
        {"balance": -1e12},
        {"utc_offset_minutes": -1_080},
        {"status": None},
    ],
)
def test_rows_at_the_edge_of_what_is_allowed_are_kept(changes):
    assert bills([bill(**changes)]).transactions.num_rows == 1


def test_a_row_s_reason_is_the_first_in_a_fixed_order():
    worst = {"kind": "gift", "amount": -1.0, "platform": None, "time": "2200-01-01T00:00Z", "borrower_id": None}
    expected = ["borrower_id missing", "time before", "platform missing", "amount below", "unknown kind"]
    for reason, mended in zip(expected, ["borrower_id", "time", "platform", "amount", "kind"], strict=True):
        assert only_reason(**worst).startswith(reason)
        del worst[mended]


def test_many_unknown_words_are_no_vocabulary_and_are_not_shown():
    events = bills([bill(event_id=f"{i}", kind=f"to person {i}") for i in range(21)])
    assert set(reasons(events)) == {"unknown kind: not one of the contract's values"}


def test_of_rows_with_one_id_the_same_is_kept_in_any_order():
    rows = [bill(amount=amount) for amount in (9.0, 5.0, 7.0, 5.0)]
    for order in (rows, rows[::-1], rows[2:] + rows[:2]):
        events = bills(order)
        assert events.transactions["amount"].to_pylist() == [500]
        assert reasons(events) == ["duplicate event_id"] * 3


def test_versions_of_an_event_are_no_duplicates_but_a_null_recorded_at_is_the_time():
    later = NOON + dt.timedelta(days=1)
    versions = [bill(), bill(recorded_at=later), bill(platform="q"), bill(borrower_id="b2"), bill(event_id="e2")]
    assert bills(versions).transactions.num_rows == 5
    assert reasons(bills([bill(), bill(recorded_at=NOON)])) == ["duplicate event_id"]


def test_a_bad_row_does_not_displace_a_good_one():
    events = bills([bill(amount=-1.0), bill(amount=5.0)])
    assert events.transactions["amount"].to_pylist() == [500]
    assert reasons(events) == ["amount below zero"]


def test_duplicates_are_found_across_sources():
    events = load_events(transactions=[[bill()], [bill()]], quarantine_limit=1)
    assert events.transactions.num_rows == 1
    assert events.quarantine.rows["source"].to_pylist() == ["frame#2"]


def test_application_ids_are_unique():
    events = load_events(applications=[application(), application(borrower_id="b0")], quarantine_limit=1)
    assert events.applications["borrower_id"].to_pylist() == ["b0"]
    assert reasons(events) == ["duplicate application_id"]


def test_event_ids_are_made_from_source_and_row_where_some_are_missing(tmp_path):
    path = tmp_path / "bills.csv"
    path.write_text("borrower_id,time,kind,amount\nb1,2024-03-01T12:00Z,fee,1\nb1,2024-03-01T12:00Z,fee,1\n")
    both = load_events(transactions=[Source(path, platform="p"), [bill(event_id=7), bill(event_id=None)]])
    made = [f"{MADE_ID}bills.csv:0", f"{MADE_ID}bills.csv:1", "7", f"{MADE_ID}frame:1"]
    assert both.transactions["event_id"].to_pylist() == made


def test_event_ids_are_row_numbers_where_no_source_has_any():
    table = pa.Table.from_pylist([bill(), bill(amount=-1), bill()]).drop_columns(["event_id"])
    events = load_events(transactions=[table, table], quarantine_limit=1)
    assert events.transactions["event_id"].to_pylist() == [0, 1, 2, 3]
    assert events.quarantine.rows["row"].to_pylist() == [1, 1]


def test_ids_made_for_sources_of_the_same_name_differ():
    table = pa.Table.from_pylist([bill()]).drop_columns(["event_id"])
    ids = load_events(transactions=[table, table, [bill()]]).transactions["event_id"].to_pylist()
    assert ids == [f"{MADE_ID}frame:0", f"{MADE_ID}frame#2:0", "e1"]


def test_ids_stay_integers_only_where_all_tables_agree():
    ints, texts = [bill(borrower_id=7)], [application(borrower_id="7")]
    assert load_events(transactions=ints).transactions.schema.field("borrower_id").type == pa.int64()
    both = load_events(transactions=ints, applications=texts)
    assert both.transactions["borrower_id"].to_pylist() == both.applications["borrower_id"].to_pylist() == ["7"]
    mixed = load_events(transactions=[ints, [bill(borrower_id="7", event_id="e2")]])
    assert mixed.transactions["borrower_id"].to_pylist() == ["7", "7"]


def test_an_application_id_that_no_obligation_has_leaves_applications_as_they_are():
    due = {"borrower_id": 7, "time": NOON, "platform": "p", "kind": "bill", "due_at": NOON, "amount_due": 5}
    events = load_events(obligations=[due], applications=[application(application_id=1, borrower_id=7)])
    assert events.applications["application_id"].type == events.obligations["application_id"].type == pa.int64()


def test_ids_in_csv_keep_their_leading_zeros(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("borrower_id,application_id,as_of\n007,1,2024-03-01T12:00Z\n")
    assert load_events(applications=path).applications["borrower_id"].to_pylist() == ["007"]


def test_integers_with_gaps_from_pandas_are_still_integer_ids():
    frame = pd.DataFrame([bill(event_id=7), bill(event_id=None)])
    assert frame["event_id"].dtype == "float64"
    assert bills(frame).transactions["event_id"].to_pylist() == ["7", f"{MADE_ID}frame:1"]


def test_pandas_index_is_no_column_unless_it_has_a_name():
    frame = pd.DataFrame([application(), application(application_id="a2")])
    assert load_events(applications=frame.iloc[[1, 0]]).applications.column_names == [
        column.name for column in CONTRACT["applications"].columns
    ]
    assert load_events(applications=frame.set_index("application_id")).applications.num_rows == 2


def test_offsets_come_from_the_source_else_from_the_zone_else_are_zero():
    rows = [bill(utc_offset_minutes=-300), bill(event_id="e2", utc_offset_minutes=None)]
    assert bills(rows, timezone="Asia/Shanghai").transactions["utc_offset_minutes"].to_pylist() == [-300, 480]
    assert bills([bill()]).transactions["utc_offset_minutes"].to_pylist() == [0]
    assert load_events(transactions=[bill()], timezone="Asia/Shanghai").transactions[
        "utc_offset_minutes"
    ].to_pylist() == [480]


def test_a_source_s_own_zone_goes_before_the_default():
    source = Source([bill(time="2024-07-01 14:00")], timezone="Europe/Prague")
    table = load_events(transactions=source, timezone="Asia/Shanghai").transactions
    assert table["time"].to_pylist() == [NOON.replace(month=7)]
    assert table["utc_offset_minutes"].to_pylist() == [120]


def test_naive_and_aware_times_in_one_column_are_told_apart():
    times = [NOON, NOON.replace(tzinfo=None), NOON.astimezone(SHANGHAI), NOON.date(), NOON.isoformat()]
    events = bills([bill(event_id=str(i), time=when) for i, when in enumerate(times)])
    assert reasons(events) == ["time without a zone"] * 2
    assert events.transactions["time"].to_pylist() == [NOON] * 3


def test_outcomes_are_mapped_and_null_is_indeterminate():
    rows = [application(application_id=str(i), outcome=word) for i, word in enumerate(["good", "bad", "?", None])]
    source = Source(rows, values={"outcome": {"good": 0, "bad": 1, "?": None}})
    assert load_events(applications=source).applications["outcome"].to_pylist() == [0, 1, None, None]
    assert load_events(applications=[application(outcome=True)]).applications["outcome"].to_pylist() == [1]


@pytest.mark.parametrize("outcome", [2, -1, 0.5, "good", math.nan])
def test_an_outcome_beyond_0_and_1_stops_the_load(outcome):
    with pytest.raises(SchemaError, match=r"1 of 1 values of 'outcome'.*map them under values"):
        load_events(applications=[application(outcome=outcome)])


def test_an_application_without_as_of_is_quarantined():
    events = load_events(applications=[application(as_of=None)], quarantine_limit=1)
    assert reasons(events) == ["as_of missing"]


def test_applications_keep_further_columns(tmp_path):
    rows = [application(age=31, own=True, 城市="布拉格", seen=NOON), application(application_id="a2")]
    table = load_events(applications=rows).applications
    assert table.column_names[-3:] == ["age", "own", "城市"]
    assert table.schema.types[-3:] == [pa.float64(), pa.float64(), CATEGORY]
    path = tmp_path / "a.csv"
    pd.DataFrame(rows).drop(columns="seen").to_csv(path, index=False)
    assert load_events(applications=path).applications.equals(table)


def test_where_columns_are_named_only_further_ones_named_are_kept():
    rows = [application(age=31, own=True)]
    table = load_events(applications=Source(rows, columns={"years": "age"}, constants={"region": "north"})).applications
    assert table.column_names[-2:] == ["years", "region"]
    with pytest.raises(SchemaError, match="column 'seen' holds timestamp"):
        load_events(applications=Source([application(at=NOON)], columns={"seen": "at"}))


def test_a_further_column_may_be_missing_in_a_source_but_not_of_another_type():
    table = load_events(applications=[[application()], [application(application_id="a2", age=3)]]).applications
    assert table["age"].to_pylist() == [None, 3.0]
    with pytest.raises(SchemaError, match="'age' is numbers in one source and text in another"):
        load_events(applications=[[application(age="3")], [application(application_id="a2", age=3)]])


def test_event_tables_leave_other_columns_out():
    assert bills([bill(note="private")]).transactions.column_names == [column.name for column in TRANSACTIONS.columns]


def test_too_many_bad_rows_stop_the_load_and_say_why():
    rows = [bill(event_id=str(i), time=NOON.replace(tzinfo=None)) for i in range(4)]
    rows += [bill(event_id="x", borrower_id="Jan Novák", amount=-1.0)]
    with pytest.raises(QuarantineError) as error:
        load_events(transactions=rows)
    message = str(error.value)
    assert "transactions: 5 of 5 rows (100.0%) are bad, more than quarantine_limit=0.01" in message
    assert "4 × time without a zone (as in frame); 1 × amount below zero (as in frame);" in message
    assert message.endswith("declare the source's `timezone`, correct the rows, or raise quarantine_limit")
    assert "Novák" not in message


def test_the_limit_is_a_share_of_each_table_and_may_be_reached():
    rows = [bill(event_id=str(i)) for i in range(99)] + [bill(event_id="x", amount=-1.0)]
    assert len(load_events(transactions=rows, quarantine_limit=0.01).quarantine) == 1
    with pytest.raises(QuarantineError, match="1 of 99"):
        load_events(transactions=rows[1:], quarantine_limit=0.01)


def test_an_unknown_zone_or_format_is_named():
    with pytest.raises(SchemaError, match=r"unknown timezone 'Asia/Beijing'.*Asia/Shanghai"):
        load_events(transactions=[bill()], timezone="Asia/Beijing")
    with pytest.raises(SchemaError, match="'%Q' is no strptime format"):
        bills([bill()], time_format="%Q")


def test_a_source_that_is_none_is_refused():
    with pytest.raises(InputError, match="type int cannot be read"):
        load_events(transactions=7)


def test_one_borrower_s_history_loads_quickly():
    rows = [bill(event_id=str(i), time=NOON + dt.timedelta(hours=i)) for i in range(300)]
    load_events(transactions=rows)
    start = time.perf_counter()
    load_events(transactions=rows)
    assert time.perf_counter() - start < 0.1


row = st.builds(
    bill,
    borrower_id=st.sampled_from(["b1", "b2", "", None]),
    event_id=st.sampled_from(["1", "2"]),
    time=st.sampled_from([NOON.isoformat(), "2024-03-01", "2300-01-01T00:00Z", "?", None]),
    recorded_at=st.sampled_from([None, NOON.isoformat(), "2024-05-01T00:00Z"]),
    kind=st.sampled_from(["purchase", "refund", "gift", None]),
    amount=st.sampled_from([1.0, 2.5, -1.0, math.nan, None]),
    city=st.sampled_from([None, "x", "y"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(row, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_all_rows_read_are_kept_or_quarantined_and_order_does_not_matter(rows, random):
    events = bills(rows)
    shuffled = bills(random.sample(rows, len(rows)))
    assert events.transactions.num_rows + len(events.quarantine) == len(rows)
    assert sorted(map(repr, events.transactions.to_pylist())) == sorted(map(repr, shuffled.transactions.to_pylist()))
    assert sorted(reasons(events)) == sorted(reasons(shuffled))
    keys = [(r["borrower_id"], r["event_id"], r["recorded_at"] or r["time"]) for r in events.transactions.to_pylist()]
    assert len(set(keys)) == len(keys)


def test_what_was_loaded_loads_the_same_again(tmp_path):
    rows = [{"borrower_id": "b1", "event_id": "1", "time": "2024-03-01T12:00+08:00", "platform": "shop",
             "kind": "purchase", "amount": "12.57", "balance": -3.2}]  # fmt: skip
    once = load_events(transactions=rows).transactions
    assert load_events(transactions=once).transactions.equals(once)
    pq.write_table(once, tmp_path / "once.parquet")
    assert load_events(transactions=tmp_path / "once.parquet").transactions.equals(once)


def test_a_table_says_when_all_of_its_ids_are_made():
    row = {"borrower_id": "b1", "time": "2024-03-01T12:00+08:00", "platform": "shop", "kind": "purchase", "amount": 1}
    made = load_events(transactions=[[row, row], Source([row])]).transactions
    mixed = load_events(transactions=[[row], [{**row, "event_id": "7"}]]).transactions
    assert made.num_rows == 3
    assert ALL_MADE in made.schema.metadata
    assert ALL_MADE not in (mixed.schema.metadata or {})
