"""The kernel over a table of applications, or over one borrower: the same pass, the same bits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import InputError, SchemaError
from creditscore.events.encode import by_appearance, indices
from creditscore.events.load import load_events
from creditscore.events.progress import Counted, Progress
from creditscore.events.schema import APPLICATIONS, Events
from creditscore.events.store import Store
from creditscore.events.storing import temporary_store
from creditscore.features import kernel
from creditscore.features.allowed import Allowed, allowed_by
from creditscore.features.arrange import Gathered, arrange, check_sums, fill, layout_of, number_within
from creditscore.features.columns import DAY, NEVER, NULL, READABLE, STATES
from creditscore.features.custom import UNSEEN, apply, record_type
from creditscore.features.formula import Call, check_features
from creditscore.features.gather import Source, gather, owners, source_of
from creditscore.features.grouping import group, wanted
from creditscore.features.groups import Work, by_groups
from creditscore.features.kernel import Columns
from creditscore.features.matrix_file import MatrixFile
from creditscore.features.plan import WHOLE_HISTORY, Plan, TablePlan, make_plan
from creditscore.features.verdicts import Verdicts, verdicts_of
from creditscore.governance.gate import govern_whole
from creditscore.governance.retention import CHINA, Retention
from creditscore.governance.rules import rules_with

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Events that are gathered, arranged and passed over at once.
_BLOCK = 100_000


def build_features(
    events: Events | Store | Mapping[str, Any],
    applications: Any = None,
    *,
    features: Any = None,
    threads: int | None = None,
    memory_limit: str | int | None = None,
    progress: Progress | None = None,
    categories: Mapping[str, str] | None = None,
    retention: Retention | None = CHINA,
    consents: Any = None,
    purpose: str | None = None,
    recipient: str | None = None,
) -> pa.Table:
    """One row an application: application_id, then a float64 column a feature, null where missing.

    `events` are in memory, in a store, or what `load_events` takes, as a mapping. `applications` is the events' own
    table unless another is given (a frame, a path, a list of dicts); `features` any nesting of definitions, the whole
    catalogue unless given. The result's rows are in the applications' order.

    Within `memory_limit` (bytes, or "4GiB"; of the whole process, estimated) borrowers are taken group by group from
    the store, or from a temporary one where sources are given; the values are the same to the last bit. `progress` is
    told the events done, and of how many.

    Events of prohibited categories are left out first; `categories` gives the classes of words that the shipped table
    does not have, as {"gadgets": "ordinary"}. Negative obligations count as long as the rule of `retention` says, by
    default China's five years; None is without limit.

    Where `consents` are given (`Consents`, or what `load_consents` takes), each application's features are made of what
    its borrower's records allow at its as_of for that `purpose` and `recipient`, as if the rest had never been; without
    them of all events: on what basis is for whoever builds them to know, and training asks for it.

    Raises GovernanceError for categories that nobody classed, with the lines that class them, SchemaError where there
    are no applications, FeatureError where a feature's function fails, and InputError where the limit is too small, the
    events are in memory already, or consents lack a purpose or recipient.
    """
    from creditscore.features.catalogue import CATALOGUE

    if isinstance(events, Mapping) and memory_limit is not None:
        with temporary_store(**{"progress": progress, **events}) as store:
            return build_features(
                store,
                applications,
                features=features,
                threads=threads,
                memory_limit=memory_limit,
                progress=progress,
                categories=categories,
                retention=retention,
                consents=consents,
                purpose=purpose,
                recipient=recipient,
            )
    events = load_events(**{"progress": progress, **events}) if isinstance(events, Mapping) else events
    table = events.applications if applications is None else load_events(applications=applications).applications
    if table is None:
        raise SchemaError("no applications: features are made for applications (application_id, borrower_id, as_of)")
    plan, rules = make_plan(CATALOGUE if features is None else features, retention), rules_with(categories)
    check_features(plan.features, rules.categories)
    allowed = allowed_by(consents, table, purpose, recipient, rules.categories)
    events, _ = govern_whole(events, rules)
    matrix = matrix_of(
        plan, events, table, allowed=allowed, threads=threads, memory_limit=memory_limit, progress=progress
    )
    columns = [pa.array(matrix[:, i], from_pandas=True) for i in range(len(plan.features))]
    return pa.table([table["application_id"], *columns], names=["application_id", *plan.names])


def matrix_of(
    plan: Plan,
    events: Events | Store,
    applications: pa.Table,
    *,
    allowed: Allowed | None = None,
    threads: int | None = None,
    memory_limit: str | int | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """The feature matrix, float64[applications, features], missing NaN; from a store group by group.

    Where it is said what is `allowed`, each row is made of no more than that.
    """
    if isinstance(events, Store):
        matrix = np.full((applications.num_rows, len(plan.features)), np.nan, order="F")
        by_groups(
            _work_of(plan, applications, allowed),
            events,
            applications,
            matrix.__setitem__,
            matrix.nbytes,
            threads=threads,
            memory_limit=memory_limit,
            progress=progress,
        )
        return matrix
    if memory_limit is not None:
        raise InputError(
            "memory_limit: these events are in memory already; give a store (store_events, open_store), or the "
            "sources as a mapping"
        )
    if allowed is not None:
        return _work_of(plan, applications, allowed)(events, np.arange(applications.num_rows), threads or _cores())
    return compute(plan, events, applications, threads, progress)


def write_matrix(
    plan: Plan,
    store: Store,
    applications: pa.Table,
    path: Path,
    memory_limit: str | int | None = None,
    allowed: Allowed | None = None,
) -> MatrixFile:
    """The feature matrix in a file, built from a store group by group, to the same bits."""
    found = MatrixFile(path, len(plan.features))
    found.make(applications.num_rows)
    work = _work_of(plan, applications, allowed)
    by_groups(work, store, applications, found.write, 0, memory_limit=memory_limit)
    return found


def _work_of(plan: Plan, applications: pa.Table, allowed: Allowed | None) -> Work:
    """What makes the rows of some applications of no more than is allowed."""

    def work(events: Events, own: Ints, threads: int) -> Matrix:
        rows = applications.take(pa.array(own))
        if allowed is None:
            return compute(plan, events, rows, threads)
        make = partial(compute, plan, threads=threads)
        return allowed.of(own).build(make, events, rows, len(plan.features))

    return work


def compute(
    plan: Plan,
    events: Events,
    applications: pa.Table,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Matrix:
    """The feature matrix, float64[applications, features], missing NaN."""
    ids = by_appearance(applications["borrower_id"])
    borrowers = indices(ids).astype(np.int64)
    as_of = applications["as_of"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    values = np.full((len(borrowers), plan.slots), np.nan)
    tables = [found for table in plan.tables if (found := events.table(table.table)) is not None]
    counted = Counted(progress, sum(found.num_rows for found in tables))
    at = 0
    for table in plan.tables:
        found = events.table(table.table)
        width = len(table.aggregates) + len(table.calls)
        if found is not None and found.num_rows and len(borrowers):
            out = values[:, at : at + width]
            _fill(table, found, ids.dictionary, borrowers, as_of, out, threads or _cores(), counted)
        at += width
    for name in plan.application_columns:
        values[:, at] = _application_value(applications, name)
        at += 1
    kernel.combine(plan.combinations, values, at)
    return values[:, plan.outputs]


def _cores() -> int:
    return os.cpu_count() or 1


def _fill(
    plan: TablePlan,
    table: pa.Table,
    ids: pa.Array,
    borrowers: Ints,
    as_of: Ints,
    out: Matrix,
    threads: int,
    counted: Counted,
) -> None:
    """One table's numbers for all applications: blocks of borrowers, each gathered, arranged and passed over."""
    source = source_of(table, plan)
    codes, place = owners(table["borrower_id"], ids)
    applications, first = _by_borrower(borrowers, len(ids))
    with ThreadPoolExecutor(threads) as pool:
        asked = wanted(place, *_span(plan, source, as_of[applications], first))
        rows, starts = group(codes, source.numbers["time"], asked, len(ids), pool, threads)
        work = _Work(plan, source, rows, starts, applications, first, as_of, out)
        for done in pool.map(work.do, *_blocks(starts)):
            counted.add(done)
    counted.add(table.num_rows - int(starts[-1]))


def _span(plan: TablePlan, source: Source, as_of: Ints, first: Ints) -> tuple[Ints, Ints]:
    """From when until when each borrower's events matter, by their applications' as_of, which lie by borrower.

    All do where an event may have versions, as one that does not count itself may supersede another. Those older
    than any window matter too where one may be recorded late or cease to count: another may show that there are any.
    """
    if source.ids is not None:
        return np.full(len(first) - 1, NULL), np.full(len(first) - 1, NEVER)
    latest = np.maximum.reduceat(as_of, first[:-1])
    if plan.longest == WHOLE_HISTORY or "recorded_at" in source.numbers or plan.retention is not None:
        return np.full(len(first) - 1, NULL), latest
    return np.minimum.reduceat(as_of, first[:-1]) - plan.longest, latest


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

    def do(self, first: int, last: int) -> int:
        """Fill the rows of the applications of the borrowers first … last − 1; gives how many events these have."""
        begin, starts = self.starts[first], self.starts[first : last + 1]
        events = gather(self.source, self.plan, self.rows[begin : starts[-1]], starts - begin)
        asked = self.first_application[first : last + 1]
        applications = self.applications[asked[0] : asked[-1]]
        owner = np.repeat(np.arange(last - first), np.diff(asked))
        self.out[applications] = self._numbers(events, owner, self.as_of[applications])
        return int(starts[-1] - begin)

    def _numbers(self, events: Gathered, borrowers: Ints, as_of: Ints) -> Matrix:
        """A row an application, a column an aggregate and then a call of the plan's."""
        plan, layout = self.plan, layout_of(self.plan)
        made = np.empty((len(borrowers), len(plan.aggregates)))
        check_sums(plan, fill(events, layout, self.verdicts, plan.program, borrowers, as_of, made))
        if not plan.calls:
            return made
        columns = arrange(events, plan, layout, self.verdicts)
        return np.column_stack([made, *(_call(columns, plan, call, borrowers, as_of) for call in plan.calls)])


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
    seen = kernel.seen(columns, borrowers, as_of)
    return apply(call, _records(columns, plan, picked, states, known, starts), starts, seen)


def _records(
    columns: Columns, plan: TablePlan, picked: Ints, states: Ints, known: npt.NDArray[np.bool_], starts: Ints
) -> npt.NDArray[Any]:
    """The picked events as records: numbers in units, codes numbered afresh within each application's events.

    A status is missing where it was not yet known.
    """
    records = np.zeros(len(picked), dtype=record_type(plan.table))
    records["time"] = columns.time[picked]
    for name, column in READABLE[plan.table].items():
        if name in UNSEEN:
            continue
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
    given = applications[name].combine_chunks().cast(pa.float64(), safe=False)
    values: Matrix = given.to_numpy(zero_copy_only=False)
    return values / float(10**decimals)
