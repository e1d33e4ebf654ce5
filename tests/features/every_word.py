"""Definitions with every word and every form of filter, for the tests of what holds for all of them."""

from creditscore.features import (
    burstiness,
    change,
    concentration,
    count,
    difference,
    distinct,
    entropy,
    first,
    gap_spread,
    largest,
    last,
    longest_gap,
    longest_streak,
    mean,
    mean_gap,
    median,
    obligations,
    quantile,
    radius,
    recency,
    regularity,
    share,
    smallest,
    spread,
    streak,
    tenure,
    top_share,
    total,
    transactions,
    trend,
    trips,
)
from creditscore.features.define import flatten

completed = transactions.where(status="completed")
unsettled = ~completed
bought = transactions.where(kind=("purchase", "payment")) | transactions.where(amount=(3_000, None), status="failed")
lost = ~(transactions.where(status=("cancelled", "failed")) | transactions.where(channel="app", hour=(22, 6)))
abroad = trips.where(scope="international")
called_off = trips.where(status=("cancelled", "no_show")) & ~trips.where(mode="rail")
late = obligations.where(late=True)
worrying = (
    obligations.where(days_past_due=(30, None))
    | obligations.where(open=True, due=True)
    | (obligations.where(kind="bill") & ~obligations.where(paid=True))
)
sound = ~worrying
mixed = (late | obligations.where(amount_due=(None, 2_000))) & ~(
    obligations.where(kind="loan", amount_unpaid=(100, None)) | obligations.where(weekday=(5, 7), paid=False)
)
ALL_WINDOWS = (30, 90, 365, "all")

EVERY_WORD = flatten(
    [
        [median(selection.amount, days=ALL_WINDOWS, name=f"{name}_median") for name, selection in (
            ("bought", bought), ("unsettled", unsettled), ("lost", lost), ("abroad", abroad), ("calls", called_off))],
        [quantile(measure, q=q, days=(90, "all")) for q in (0, 0.1, 0.9, 1)
         for measure in (transactions.balance, late.days_past_due, trips.lead_days)],
        [word(measure, days=ALL_WINDOWS) for word in (trend, first, last, radius)
         for measure in (transactions.amount, transactions.balance, trips.distance_km, trips.lead_days,
                         obligations.amount_unpaid, obligations.days_past_due)],
        [word(selection, days=ALL_WINDOWS, name=f"{name}_{word.__name__}")
         for word in (mean_gap, gap_spread, longest_gap, burstiness)
         for name, selection in (("any", transactions), ("unsettled", unsettled), ("abroad", abroad),
                                 ("mixed", mixed), ("worry", worrying))],
        [word(part, of=whole, days=ALL_WINDOWS, name=f"{name}_{word.__name__}")
         for word in (streak, longest_streak)
         for name, part, whole in (("done", completed, transactions), ("undone", unsettled, bought),
                                   ("home", ~abroad, trips), ("late", late, obligations), ("sound", sound, mixed))],
        [word(measure, days=ALL_WINDOWS) for word in (entropy, concentration, top_share, distinct)
         for measure in (transactions.merchant_id, transactions.category, transactions.day, trips.destination,
                         trips.scope, obligations.kind)],
        [regularity(selection, lag=lag, days=(1, 14, 45, 365, "all"), name=f"{name}_again_{lag}")
         for lag in (1, 7, 30)
         for name, selection in (("any", transactions), ("unsettled", unsettled), ("mixed", mixed))],
        [word(selection.where(hour=(8, 20)), days=ALL_WINDOWS, name=f"{name}_{word.__name__}_by_day")
         for word in (count, recency, tenure)
         for name, selection in (("unsettled", unsettled), ("lost", lost), ("mixed", mixed), ("sound", sound),
                                 ("calls", called_off), ("nothing", ~transactions), ("worry", worrying))],
        [word(measure, days=(30, "all")) for word in (total, mean, spread, smallest, largest)
         for measure in (worrying.amount_unpaid, lost.balance)],
        share(sound, of=obligations, days=(90, 365), name="sound_share"),
        difference(mean(transactions.amount, days=(30, 90)), mean(transactions.amount, days="all")),
        change(count(lost, days=30), count(lost, days=90), name="lost_change"),
        change(total(transactions.amount, days=(30, 90)), total(transactions.amount, days=(90, "all"))),
    ]
)  # fmt: skip
