"""The contract: the four tables that every platform's files are mapped onto, and `Events`, which holds them.

Times are UTC microseconds. Money and distance are int64 fixed point (`Column.decimals`), so that sums are exact and
neither the order of rows nor their partition can matter. A table that is absent is `None`; an optional column that a
source lacks is there and null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

# The field metadata by which a table says that a column is fixed point, and with how many decimals.
FIXED_POINT = b"creditscore.decimals"
# Begins the event ids made from a source's name and row number where it has none of its own.
MADE_ID = "row:"
# The table metadata that says that all ids are made so: none can repeat, and no event has versions.
ALL_MADE = b"creditscore.made_ids"

Kind = Literal["id", "time", "category", "fixed", "integer", "number", "outcome", "flag"]

TIME = pa.timestamp("us", tz="UTC")
CATEGORY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    `values` lists the only values allowed; `signed` permits amounts below zero; `limit` is the largest absolute value
    that is not absurd (in units, not fixed point).
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    values: tuple[str, ...] = ()
    default: str | None = None
    decimals: int = 0
    signed: bool = False
    limit: float = float("inf")

    @cached_property
    def words(self) -> frozenset[str | None]:
        """The values allowed, None among them where the column may be missing."""
        return frozenset(self.values if self.required else (*self.values, None))

    @property
    def type(self) -> pa.DataType:
        """The Arrow type after loading; ids may also be int64, and an event's borrower_id is text as a CATEGORY."""
        return {
            "id": pa.string(),
            "time": TIME,
            "category": CATEGORY,
            "fixed": pa.int64(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "outcome": pa.int8(),
            "flag": pa.bool_(),
        }[self.kind]


@dataclass(frozen=True)
class TableContract:
    """One table of the contract: its columns in their order; `open` tables keep further columns as they are.

    Of rows that share the `key` one stays; without one all do.
    """

    name: str
    columns: tuple[Column, ...]
    key: str | None
    open: bool = False

    def __getitem__(self, name: str) -> Column:
        return self.by_name[name]

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


MONEY_DECIMALS = 2
MONEY_LIMIT = 1e12
DISTANCE_DECIMALS = 3


def _money(name: str, meaning: str, required: bool = False, signed: bool = False) -> Column:
    return Column(name, "fixed", meaning, required, decimals=MONEY_DECIMALS, signed=signed, limit=MONEY_LIMIT)


def _shared(time: str) -> tuple[Column, ...]:
    """The columns that every event table has."""
    return (
        Column("borrower_id", "id", "whose event it is", required=True),
        Column("event_id", "id", "names the event at its platform; versions of one event share it"),
        Column("time", "time", time, required=True),
        Column("recorded_at", "time", "when the platform recorded this version; absent: at `time`"),
        Column(
            "utc_offset_minutes",
            "integer",
            "the event's own local time less UTC, resolved at load",
            signed=True,
            limit=18 * 60,
        ),
        Column("platform", "category", "who supplied it; counted, never an input by identity", required=True),
    )


TRANSACTIONS = TableContract(
    "transactions",
    (
        *_shared("when it was made"),
        Column(
            "kind",
            "category",
            "what it is",
            required=True,
            values=(
                "purchase",
                "payment",
                "refund",
                "transfer_in",
                "transfer_out",
                "top_up",
                "withdrawal",
                "income",
                "fee",
            ),
        ),
        _money("amount", "how much, without sign: the kind says which way", required=True),
        Column("category", "category", "what it was for, in the platform's words"),
        Column("merchant_id", "category", "whom it was paid to"),
        Column("channel", "category", "how it was made: app, web, shop …"),
        Column(
            "status",
            "category",
            "how it ended; counts only from `status_at`",
            values=("completed", "cancelled", "failed"),
            default="completed",
        ),
        Column("status_at", "time", "when the status became known; absent: `recorded_at`, else `time`"),
        _money("balance", "the account's balance after it", signed=True),
        Column("city", "category", "where it was made; counted, never an input by identity"),
    ),
    key="event_id",
)

TRIPS = TableContract(
    "trips",
    (
        *_shared("when it was booked"),
        Column(
            "mode",
            "category",
            "how one travels or stays",
            required=True,
            values=("flight", "rail", "coach", "ride", "hotel", "tour"),
        ),
        Column("category", "category", "what it was for, in the platform's words"),
        Column("departs_at", "time", "when it begins"),
        Column("scope", "category", "whether it crosses a border", values=("domestic", "international")),
        Column("origin", "category", "from where; counted, never an input by identity"),
        Column("destination", "category", "to where; counted, never an input by identity"),
        Column("distance_km", "fixed", "how far, in kilometres", decimals=DISTANCE_DECIMALS, limit=50_000.0),
        Column("nights", "integer", "nights stayed", limit=3_650),
        _money("amount", "the price"),
        Column(
            "status",
            "category",
            "how it ended; counts only from `status_at`",
            values=("completed", "cancelled", "no_show"),
            default="completed",
        ),
        Column("status_at", "time", "when the status became known; absent: known once `departs_at` has passed"),
    ),
    key="event_id",
)

OBLIGATIONS = TableContract(
    "obligations",
    (
        *_shared("since when it is known"),
        Column("kind", "category", "what is owed", required=True, values=("instalment", "pay_later", "bill", "loan")),
        Column("due_at", "time", "when it falls due", required=True),
        Column("paid_at", "time", "when it was paid; unknown before that"),
        Column("ended_at", "time", "when it ended otherwise (written off, waived); unknown before that"),
        _money("amount_due", "how much is due", required=True),
        _money("amount_paid", "how much was paid; counts only from `paid_at`"),
        Column("application_id", "id", "the application for the loan that it belongs to"),
        Column("notified_at", "time", "when the borrower was told of a negative record"),
    ),
    key="event_id",
)

APPLICATIONS = TableContract(
    "applications",
    (
        Column("application_id", "id", "names the application", required=True),
        Column("borrower_id", "id", "who applies", required=True),
        Column("as_of", "time", "the instant of the decision: nothing at or after it may be seen", required=True),
        Column("outcome", "outcome", "0 good, 1 bad, null indeterminate; for training"),
        _money("amount", "how much is applied for"),
        Column("term_months", "number", "for how many months", limit=1_200),
        _money("instalment", "what is to be paid a month"),
    ),
    key="application_id",
    open=True,
)

CONTRACT: Mapping[str, TableContract] = {
    contract.name: contract for contract in (TRANSACTIONS, TRIPS, OBLIGATIONS, APPLICATIONS)
}
EVENT_TABLES = ("transactions", "trips", "obligations")


def ids_are_made(table: pa.Table) -> bool:
    """Whether loading made all of the table's ids, since its sources have none."""
    return ALL_MADE in (table.schema.metadata or {})


@dataclass(frozen=True)
class Quarantine:
    """The rows set aside as bad: `rows` has table, source, row (its number in the source, from 0) and reason.

    `read` counts all rows read by table, the bad ones included.
    """

    rows: pa.Table
    read: Mapping[str, int]

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def counts(self) -> list[tuple[str, str, str, int]]:
        """(table, source, reason, how many), most first."""
        grouped = self.rows.group_by(["table", "source", "reason"]).aggregate([([], "count_all")])
        found = [(row["table"], row["source"], row["reason"], row["count_all"]) for row in grouped.to_pylist()]
        return sorted(found, key=lambda entry: (-entry[3], entry[:3]))


_SET_ASIDE = pa.schema([("table", pa.string()), ("source", pa.string()), ("row", pa.int64()), ("reason", pa.string())])
NO_QUARANTINE = Quarantine(pa.Table.from_batches([], _SET_ASIDE), {})


@dataclass(frozen=True)
class Events:
    """What platforms sent, in the contract's form: each table an Arrow table with all of its columns, or None."""

    transactions: pa.Table | None = None
    trips: pa.Table | None = None
    obligations: pa.Table | None = None
    applications: pa.Table | None = None
    currency: str | None = None
    quarantine: Quarantine = field(default=NO_QUARANTINE, compare=False)

    def table(self, name: str) -> pa.Table | None:
        """The table of that name, or None where it is absent."""
        return {
            "transactions": self.transactions,
            "trips": self.trips,
            "obligations": self.obligations,
            "applications": self.applications,
        }[name]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has that is there."""
        return {name: table.num_rows for name in CONTRACT if (table := self.table(name)) is not None}

    def borrowers(self) -> pa.Array:
        """The ids of all that have events."""
        columns = [table["borrower_id"] for name in EVENT_TABLES if (table := self.table(name)) is not None]
        return pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks]))

    def of(self, borrower_id: str | int) -> Events:
        """One borrower's events and applications: what `score()` takes for one."""
        tables: dict[str, Any] = {name: _rows_of(self.table(name), borrower_id) for name in CONTRACT}
        return Events(**tables, currency=self.currency)

    def __repr__(self) -> str:
        rows = ", ".join(f"{name}: {rows:,}" for name, rows in self.rows.items())
        return f"Events({rows or 'empty'}; quarantined: {len(self.quarantine):,})"


def _rows_of(table: pa.Table | None, borrower_id: str | int) -> pa.Table | None:
    if table is None:
        return None
    ids = table["borrower_id"]
    return table.filter(pc.equal(ids, pa.scalar(borrower_id).cast(ids.type)))
