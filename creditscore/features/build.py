"""The kernel over a table of applications, or over one borrower: the same pass, the same bits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import SchemaError
from creditscore.events.load import load_events
from creditscore.events.schema import APPLICATIONS, Events
from creditscore.features import kernel
from creditscore.features.arrange import arrange, layout_of, number_within
from creditscore.features.columns import DAY, NULL, READABLE, STATES
from creditscore.features.custom import apply, record_type
from creditscore.features.formula import Call
from creditscore.features.gather import Source, gather, owners, source_of
from creditscore.features.grouping import group
from creditscore.features.kernel import Columns
from creditscore.features.plan import WHOLE_HISTORY, Plan, TablePlan, make_plan
from creditscore.features.verdicts import Verdicts, verdicts_of

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Events that are gathered, arranged and passed over at once.
_BLOCK = 100_000


def build_features(
    events: Events, applications: Any = None, *, features: Any = None, threads: int | None = None
) -> pa.Table:
    """One row an application: application_id, then a float64 column a feature, null where missing.

    `applications` is the events' own table unless another is given (a frame, a path, a list of dicts); `features` any
    nesting of definitions, the whole catalogue unless given. The result's rows are in the applications' order.

    Raises SchemaError where there are no applications, and FeatureError where a feature's function fails.
    """
    from creditscore.features.catalogue import CATALOGUE

    table = events.applications if applications is None else load_events(applications=applications).applications
    if table is None:
        raise SchemaError("no applications: features are made for applications (application_id, borrower_id, as_of)")
    plan = make_plan(CATALOGUE if features is None else features)
    matrix = compute(plan, events, table, threads)
    columns = [pa.array(matrix[:, i], from_pandas=True) for i in range(len(plan.features))]
    return pa.table([table["application_id"], *columns], names=["application_id", *plan.names])


def compute(plan: Plan, events: Events, applications: pa.Table, threads: int | None = None) -> Matrix:
    """The feature matrix, float64[applications, features], missing NaN."""
    ids = applications["borrower_id"].combine_chunks().dictionary_encode()
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    borrowers = ids.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    as_of = applications["as_of"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    values = np.full((len(borrowers), plan.slots), np.nan)
    at = 0
    for table in plan.tables:
        found = events.table(table.table)
        width = len(table.aggregates) + len(table.calls)
        if found is not None and found.num_rows:
            _fill(table, found, ids.dictionary, borrowers, as_of, values[:, at : at + width], threads or _cores())
        at += width
    for name in plan.application_columns:
        values[:, at] = _application_value(applications, name)
        at += 1
    kernel.combine(plan.combinations, values, at)
    return values[:, plan.outputs]


def _cores() -> int:
    return os.cpu_count() or 1


def _fill(
    plan: TablePlan, table: pa.Table, ids: pa.Array, borrowers: Ints, as_of: Ints, out: Matrix, threads: int
) -> None:
    """One table's numbers for all applications: blocks of borrowers, each gathered, arranged and passed over."""
    with ThreadPoolExecutor(threads) as pool:
        rows, starts = group(*owners(table["borrower_id"], ids), len(ids), pool, threads)
        work = _Work(plan, source_of(table, plan), rows, starts, *_by_borrower(borrowers, len(ids)), as_of, out)
        for _ in pool.map(work.do, *_blocks(starts)):
            pass


@dataclass(frozen=True)
class _Work:
    """One table's events by borrower, the applications by borrower, and where their numbers go."""

    plan: TablePlan
    source: Source
    rows: Ints
    starts: Ints
    applications: Ints
    first_application: Ints
    as_of: Ints
    out: Matrix

    @cached_property
    def verdicts(self) -> Verdicts:
        return verdicts_of(self.plan, [self.source.words.get(name, []) for name in self.plan.codes])

    def do(self, first: int, last: int) -> None:
        """Fill the rows of the applications of the borrowers first … last − 1."""
        begin, starts = self.starts[first], self.starts[first : last + 1]
        events = gather(self.source, self.plan, self.rows[begin : starts[-1]], starts - begin)
        columns = arrange(events, self.plan, layout_of(self.plan), self.verdicts)
        asked = self.first_application[first : last + 1]
        applications = self.applications[asked[0] : asked[-1]]
        owner = np.repeat(np.arange(last - first), np.diff(asked))
        self.out[applications] = numbers_of(columns, self.plan, owner, self.as_of[applications])


def numbers_of(columns: Columns, plan: TablePlan, borrowers: Ints, as_of: Ints) -> Matrix:
    """A row an application, a column an aggregate and then a call of the plan's."""
    made = np.empty((len(borrowers), len(plan.aggregates)))
    if plan.aggregates:
        kernel.aggregate(columns, plan.program, borrowers, as_of, made)
    calls = [_call(columns, plan, call, borrowers, as_of) for call in plan.calls]
    return np.column_stack([made, *calls]) if calls else made


def _by_borrower(borrowers: Ints, n: int) -> tuple[Ints, Ints]:
    """The applications in the order of their borrowers, and where each borrower's begin, int64[n + 1]."""
    order = np.argsort(borrowers, kind="stable")
    return order, np.searchsorted(borrowers[order], np.arange(n + 1))


def _blocks(starts: Ints) -> tuple[Ints, Ints]:
    """Borrowers in runs of about so many events that a run's columns stay in the processor's cache."""
    cuts = np.searchsorted(starts[:-1], np.arange(0, max(1, starts[-1]), _BLOCK))
    ends = np.unique([*cuts, len(starts) - 1])
    return ends[:-1], ends[1:]


def _call(columns: Columns, plan: TablePlan, call: Call, borrowers: Ints, as_of: Ints) -> Matrix:
    """A function of one's own over each application's picked events."""
    length = WHOLE_HISTORY if call.days is None else call.days * DAY
    wanted = plan.filter_of(call)
    nothing, no_states = np.empty(0, dtype=np.int64), np.empty((0, STATES), dtype=np.int64)
    starts = kernel.select(columns, plan.program, wanted, length, borrowers, as_of, nothing, no_states)
    picked, states = np.empty(starts[-1], dtype=np.int64), np.empty((starts[-1], STATES), dtype=np.int64)
    kernel.select(columns, plan.program, wanted, length, borrowers, as_of, picked, states)
    known = columns.status_from[picked] < np.repeat(as_of, np.diff(starts))
    return apply(call, _records(columns, plan, picked, states, known, starts), starts)


def _records(
    columns: Columns, plan: TablePlan, picked: Ints, states: Ints, known: npt.NDArray[np.bool_], starts: Ints
) -> npt.NDArray[Any]:
    """The picked events as records: numbers in units, codes numbered afresh within each application's events.

    A status is missing where it was not yet known.
    """
    records = np.zeros(len(picked), dtype=record_type(plan.table))
    records["time"] = columns.time[picked]
    for name, column in READABLE[plan.table].items():
        if column.kind == "code":
            codes = columns.codes[plan.codes.index(name), picked]
            if name == "status":
                codes[~known] = -1
            number_within(starts, codes)
            records[name] = codes
            continue
        whole = states[:, column.slot] if column.kind == "state" else columns.numbers[plan.numbers.index(name), picked]
        records[name] = np.where(whole == NULL, np.nan, whole / column.scale)
    return records


def _application_value(applications: pa.Table, name: str) -> Matrix:
    """A number of the application in units; missing where the column is absent."""
    if name not in applications.column_names:
        return np.full(applications.num_rows, np.nan)
    decimals = APPLICATIONS[name].decimals if name in APPLICATIONS.by_name else 0
    values: Matrix = applications[name].combine_chunks().cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values / float(10**decimals)
