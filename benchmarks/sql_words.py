"""The vocabulary's words as DuckDB aggregates.

Sums are made ring by ring and then added up: a ring holds the events between one window's length and the next. What
needs an order or whole lists of values has a source of its own (`catalogue_sql` says from what each is read).
"""

from collections.abc import Callable, Sequence

from sixty import DAY
from sql_events import filters_of, scale, seen, windows

from creditscore.events.schema import CONTRACT
from creditscore.features.formula import Aggregate


class Named(dict[str, str]):
    """Expressions, each computed once, under a name."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def name(self, expression: str) -> str:
        """The name of the expression, a new one where it has none yet."""
        return self.setdefault(expression, f"{self.prefix}{len(self)}")

    def listed(self) -> str:
        """All of them, for a SELECT."""
        return ", ".join(f"{expression} AS {name}" for expression, name in self.items())


class Query:
    """One table's part of the query: the filters, what is added up in rings first, and what each source gives.

    `places` says where each aggregate is then found.
    """

    def __init__(self, table: str, aggregates: Sequence[Aggregate]) -> None:
        self.table, self.aggregates = table, aggregates
        self.filters, self.windows = filters_of(aggregates), windows(aggregates)
        self.ringed = Named("r")
        self.steps: dict[str, Named] = {}
        self.given: dict[str, Named] = {}
        self.places = {one: WORDS[one.word](self, one) for one in aggregates}

    def give(self, source: str, expression: str) -> str:
        """The place of what a source gives of an application."""
        named = self.given.setdefault(source, Named("c"))
        return f"{self.table}_{source}.{named.name(expression)}"

    def step(self, source: str, expression: str) -> str:
        """The name of what a source's first step gives."""
        return self.steps.setdefault(source, Named("s")).name(expression)

    def met(self, one: Aggregate) -> str:
        """The filter's column, or '' where all events are meant."""
        return self.filters.get(one.selection.conditions, "")

    def where(self, one: Aggregate, *more: str) -> str:
        """FILTER by the aggregate's selection, and by `more`."""
        return filtered(self.met(one), *more)

    def within(self, one: Aggregate) -> str:
        """FILTER by the aggregate's window."""
        return filtered(self.inside(one))

    def inside(self, one: Aggregate, ring: str = "ring") -> str:
        """The condition that a ring is in the aggregate's window, or ''."""
        return "" if one.days is None else f"{ring} <= {self.windows.index(one.days)}"

    def shares(self, one: Aggregate) -> list[float]:
        """The quantiles that are asked for of the same numbers."""
        like = (one.word, one.selection, one.column, one.days)
        return sorted({x.parameter for x in self.aggregates if (x.word, x.selection, x.column, x.days) == like})

    def added(self, one: Aggregate, function: str, expression: str, merge: str = "sum") -> str:
        """An aggregate of each ring, and of its window's rings together."""
        column = self.ringed.name(f"{function}({expression}){self.where(one)}")
        return f"{merge}({column}){self.within(one)}"


def filtered(*conditions: str) -> str:
    """FILTER by those of the conditions that are not ''."""
    joined = " AND ".join(filter(None, conditions))
    return f" FILTER ({joined})" if joined else ""


def _wide(one: Aggregate) -> str:
    """The number in a type that holds its square: 128 bits for times."""
    return f"CAST({seen(one.column)} AS {'HUGEINT' if one.column == 'lead_days' else 'BIGINT'})"


def _n(query: Query, one: Aggregate) -> str:
    """How many events, or how many with a number where that may be missing."""
    column = CONTRACT[one.selection.table].by_name.get(one.column or "")
    always = one.column is None or (column is not None and column.required)
    return query.added(one, "count", "*" if always else seen(one.column))


def _x(query: Query, one: Aggregate) -> str:
    return query.added(one, "sum", seen(one.column))


def _xx(query: Query, one: Aggregate) -> str:
    return query.added(one, "sum", f"{_wide(one)} * {seen(one.column)}")


def _count(query: Query, one: Aggregate) -> str:
    return query.give("rings", f"coalesce({_n(query, one)}, 0)")


def _total(query: Query, one: Aggregate) -> str:
    return query.give("rings", f"coalesce({_x(query, one)}, 0) / {_scale(one)}")


def _mean(query: Query, one: Aggregate) -> str:
    return query.give("rings", f"{_x(query, one)} / nullif({_n(query, one)} * {_scale(one)}, 0)")


def _spread(query: Query, one: Aggregate) -> str:
    n, x, xx = _n(query, one), _x(query, one), _xx(query, one)
    return query.give("rings", f"sqrt(({n} * {xx} - {x} * {x}) / nullif({n} * ({n} - 1), 0)) / {_scale(one)}")


def _radius(query: Query, one: Aggregate) -> str:
    return query.give("rings", f"sqrt({_xx(query, one)} / nullif({_n(query, one)}, 0)) / {_scale(one)}")


def _extreme(function: str) -> Callable[[Query, Aggregate], str]:
    def word(query: Query, one: Aggregate) -> str:
        value = seen(one.column) if one.column else "age"
        return query.give("rings", f"{query.added(one, function, value, function)} / {_scale(one)}")

    return word


def _end(function: str) -> Callable[[Query, Aggregate], str]:
    """The value of greatest or least age: each ring's, then that of the farthest or nearest ring that has one."""

    def word(query: Query, one: Aggregate) -> str:
        value, known = seen(one.column), query.where(one, f"{seen(one.column)} IS NOT NULL")
        ringed = query.ringed.name(f"{function}({value}, age){known}")
        inside = filtered(query.inside(one), f"{ringed} IS NOT NULL")
        return query.give("rings", f"{function}({ringed}, ring){inside} / {_scale(one)}")

    return word


def _mean_gap(query: Query, one: Aggregate) -> str:
    span = f"({query.added(one, 'max', 'age', 'max')} - {query.added(one, 'min', 'age', 'min')})"
    return query.give("rings", f"{span} / nullif({_n(query, one)} - 1, 0) / {DAY}")


def _quantile(query: Query, one: Aggregate) -> str:
    """All quantiles of a window in one list."""
    shares = query.shares(one)
    made = f"quantile_cont({seen(one.column)}, {shares}){query.within(one)}"
    return query.give(f"kept_{query.met(one)}", f"{made}[{shares.index(one.parameter) + 1}] / {_scale(one)}")


def _trend(query: Query, one: Aggregate) -> str:
    slope = f"regr_slope({seen(one.column)}, -age){query.within(one)} * {DAY} / {_scale(one)}"
    return query.give(f"kept_{query.met(one)}", slope)


def _of_code(query: Query, one: Aggregate) -> str:
    """How many of the window's events have a code."""
    return query.step(f"codes_{one.column}", f"count(*){query.where(one, query.inside(one))}")


def _distinct(query: Query, one: Aggregate) -> str:
    ring = query.step(f"codes_{one.column}", f"min(ring){query.where(one)}")
    inside = query.inside(one, ring) or f"{ring} IS NOT NULL"
    found = query.give(f"codes_{one.column}", f"count(*) FILTER ({inside})")
    return f"CASE WHEN {query.give('rings', 'true')} THEN coalesce({found}, 0) END"


def _entropy(query: Query, one: Aggregate) -> str:
    n = _of_code(query, one)
    all_of_them = f"nullif(sum({n}), 0)"
    entropy = f"ln({all_of_them}) - sum({n} * ln(greatest({n}, 1))) / {all_of_them}"
    return query.give(f"codes_{one.column}", f"CASE WHEN sum({n}) > 0 THEN greatest({entropy}, 0) END")


def _concentration(query: Query, one: Aggregate) -> str:
    n = _of_code(query, one)
    return query.give(f"codes_{one.column}", f"sum({n} * {n}) / nullif(sum({n}) * sum({n}), 0)")


def _top_share(query: Query, one: Aggregate) -> str:
    n = _of_code(query, one)
    return query.give(f"codes_{one.column}", f"max({n}) / nullif(sum({n}), 0)")


def _gap(expression: str) -> Callable[[Query, Aggregate], str]:
    """{w}: the window; a gap belongs to the ring of its earlier event."""

    def word(query: Query, one: Aggregate) -> str:
        return query.give(f"gaps_{query.met(one)}", expression.format(w=query.within(one), DAY=DAY))

    return word


def _streak(query: Query, one: Aggregate, merge: str = "max(CASE WHEN misses = 0 THEN {n} ELSE 0 END)") -> str:
    source = f"streaks_{query.met(one)}_{query.filters.get(one.part.conditions, '')}"
    n = query.step(source, f"count(*){filtered('hit', query.inside(one))}")
    some = query.step(source, f"count(*){query.within(one)}")
    return query.give(source, f"CASE WHEN sum({some}) > 0 THEN {merge.format(n=n)} END")


def _longest_streak(query: Query, one: Aggregate) -> str:
    return _streak(query, one, "max({n})")


def _regularity(query: Query, one: Aggregate) -> str:
    """Of the daily counts n, of which only days with events are rows; by sums over them, and in integers up to the end.

    Σ (xₜ − x̄)(xₜ₊ₗ − x̄) = Σ xₜ xₜ₊ₗ − x̄ (Σ t < D − l + Σ t ≥ l) xₜ + (D − l) x̄², x̄ = N / D; all times D².
    """
    lag = int(one.parameter or 0)
    d, within = ("max(last + 1)", "last + 1") if one.days is None else (str(one.days), str(one.days))
    n, squares = (f"sum({what}) FILTER (day < {within})" for what in ("n", "n * n"))
    products, early = (f"coalesce(sum({what}) FILTER (day < {within} - {lag}), 0)" for what in ("n * later", "n"))
    late = f"coalesce(sum(n) FILTER (day >= {lag} AND day < {within}), 0)"
    off = f"{d} * {d} * {products} - {d} * {n} * ({early} + {late}) + ({d} - {lag}) * {n} * {n}"
    varied = f"({off}) / nullif({d} * {d} * {squares} - {d} * {n} * {n}, 0)"
    return query.give(f"daily_{query.met(one)}_{lag}", f"CASE WHEN {d} >= {2 * lag} THEN {varied} END")


def _scale(one: Aggregate) -> int:
    return DAY if one.column is None else scale(one.selection.table, one.column)


WORDS: dict[str, Callable[[Query, Aggregate], str]] = {
    "count": _count, "total": _total, "mean": _mean, "spread": _spread, "radius": _radius,
    "smallest": _extreme("min"), "largest": _extreme("max"), "recency": _extreme("min"), "tenure": _extreme("max"),
    "distinct": _distinct, "first": _end("arg_max"), "last": _end("arg_min"), "mean_gap": _mean_gap,
    "quantile": _quantile, "trend": _trend, "entropy": _entropy, "concentration": _concentration,
    "top_share": _top_share,
    "gap_spread": _gap("stddev_samp(gap){w} / {DAY}"), "longest_gap": _gap("max(gap){w} / {DAY}"),
    "burstiness": _gap("(stddev_samp(gap){w} - avg(gap){w}) / nullif(stddev_samp(gap){w} + avg(gap){w}, 0)"),
    "streak": _streak, "longest_streak": _longest_streak, "regularity": _regularity,
}  # fmt: skip
